/*
 * To add a type, add its name property to `names`, and rows to `values`.
 */
#include "config/template/resource_values.h"

#include "config/names/nearest_name.h"

#include <stddef.h>
#include <string.h>

/* clang-format off */
/* The property that names a resource. */
static const struct {
    const char *type, *property;
} names[] = {
    {"AWS::Serverless::Function",     "FunctionName"},
    {"AWS::Lambda::Function",         "FunctionName"},
    {"AWS::Lambda::Alias",            "Name"},
    {"AWS::Serverless::LayerVersion", "LayerName"},
    {"AWS::Lambda::LayerVersion",     "LayerName"},
    {"AWS::SQS::Queue",               "QueueName"},
    {"AWS::SNS::Topic",               "TopicName"},
    {"AWS::DynamoDB::Table",          "TableName"},
    {"AWS::DynamoDB::GlobalTable",    "TableName"},
    {"AWS::Serverless::SimpleTable",  "TableName"},
    {"AWS::S3::Bucket",               "BucketName"},
    {"AWS::Events::EventBus",         "Name"},
    {"AWS::Events::Rule",             "Name"},
    {"AWS::Kinesis::Stream",          "Name"},
    {"AWS::Serverless::StateMachine", "Name"},
    {"AWS::StepFunctions::StateMachine", "StateMachineName"},
    {"AWS::SecretsManager::Secret",   "Name"},
    {"AWS::SSM::Parameter",           "Name"},
    {"AWS::Logs::LogGroup",           "LogGroupName"},
    {"AWS::IAM::Role",                "RoleName"},
    {"AWS::Scheduler::Schedule",      "Name"},
    {"AWS::Scheduler::ScheduleGroup", "Name"},
    {"AWS::ApiGateway::Stage",        "StageName"},
    {"AWS::ApiGatewayV2::Stage",      "StageName"},
    {"AWS::ECR::Repository",          "RepositoryName"},
    {"AWS::ECS::Cluster",             "ClusterName"},
    {"AWS::KinesisFirehose::DeliveryStream", "DeliveryStreamName"},
};

/* What Ref ("") and Fn::GetAtt give; a type without a row for Ref gives its name. */
static const struct {
    const char *type, *attribute, *pattern;
} values[] = {
    {"AWS::Serverless::Function",   "Arn",        "arn:%P:lambda:%R:%A:function:%N"},
    {"AWS::Lambda::Function",       "Arn",        "arn:%P:lambda:%R:%A:function:%N"},
    {"AWS::Serverless::LayerVersion", "", "arn:%P:lambda:%R:%A:layer:%N:1"},
    {"AWS::Serverless::LayerVersion", "LayerVersionArn", "arn:%P:lambda:%R:%A:layer:%N:1"},
    {"AWS::Lambda::LayerVersion", "", "arn:%P:lambda:%R:%A:layer:%N:1"},
    {"AWS::Lambda::LayerVersion", "LayerVersionArn", "arn:%P:lambda:%R:%A:layer:%N:1"},
    {"AWS::SQS::Queue",             "",           "https://sqs.%R.%U/%A/%N"},
    {"AWS::SQS::Queue",             "QueueUrl",   "https://sqs.%R.%U/%A/%N"},
    {"AWS::SQS::Queue",             "QueueName",  "%N"},
    {"AWS::SQS::Queue",             "Arn",        "arn:%P:sqs:%R:%A:%N"},
    {"AWS::SNS::Topic",             "",           "arn:%P:sns:%R:%A:%N"},
    {"AWS::SNS::Topic",             "TopicArn",   "arn:%P:sns:%R:%A:%N"},
    {"AWS::SNS::Topic",             "TopicName",  "%N"},
    {"AWS::DynamoDB::Table",        "Arn",        "arn:%P:dynamodb:%R:%A:table/%N"},
    {"AWS::DynamoDB::Table",        "StreamArn",  "arn:%P:dynamodb:%R:%A:table/%N/stream/2025-01-01T00:00:00.000"},
    {"AWS::DynamoDB::GlobalTable",  "Arn",        "arn:%P:dynamodb:%R:%A:table/%N"},
    {"AWS::DynamoDB::GlobalTable",  "StreamArn",  "arn:%P:dynamodb:%R:%A:table/%N/stream/2025-01-01T00:00:00.000"},
    {"AWS::Serverless::SimpleTable", "Arn",       "arn:%P:dynamodb:%R:%A:table/%N"},
    {"AWS::S3::Bucket",             "Arn",        "arn:%P:s3:::%N"},
    {"AWS::S3::Bucket",             "DomainName", "%N.s3.%U"},
    {"AWS::S3::Bucket",             "RegionalDomainName", "%N.s3.%R.%U"},
    {"AWS::S3::Bucket",             "WebsiteURL", "http://%N.s3-website-%R.%U"},
    {"AWS::Events::EventBus",       "Arn",        "arn:%P:events:%R:%A:event-bus/%N"},
    {"AWS::Events::EventBus",       "Name",       "%N"},
    {"AWS::Events::Rule",           "Arn",        "arn:%P:events:%R:%A:rule/%N"},
    {"AWS::Kinesis::Stream",        "Arn",        "arn:%P:kinesis:%R:%A:stream/%N"},
    {"AWS::Serverless::StateMachine",    "",      "arn:%P:states:%R:%A:stateMachine:%N"},
    {"AWS::Serverless::StateMachine",    "Arn",   "arn:%P:states:%R:%A:stateMachine:%N"},
    {"AWS::Serverless::StateMachine",    "Name",  "%N"},
    {"AWS::StepFunctions::StateMachine", "",      "arn:%P:states:%R:%A:stateMachine:%N"},
    {"AWS::StepFunctions::StateMachine", "Arn",   "arn:%P:states:%R:%A:stateMachine:%N"},
    {"AWS::StepFunctions::StateMachine", "Name",  "%N"},
    {"AWS::SecretsManager::Secret", "",           "arn:%P:secretsmanager:%R:%A:secret:%N"},
    {"AWS::SecretsManager::Secret", "Id",         "arn:%P:secretsmanager:%R:%A:secret:%N"},
    {"AWS::Logs::LogGroup",         "Arn",        "arn:%P:logs:%R:%A:log-group:%N:*"},
    {"AWS::IAM::Role",              "Arn",        "arn:%P:iam::%A:role/%N"},
    {"AWS::KMS::Key",               "Arn",        "arn:%P:kms:%R:%A:key/%N"},
    {"AWS::KMS::Key",               "KeyId",      "%N"},
    {"AWS::Cognito::UserPool",      "",           "%R_%N"},
    {"AWS::Cognito::UserPool",      "UserPoolId", "%R_%N"},
    {"AWS::Cognito::UserPool",      "Arn",        "arn:%P:cognito-idp:%R:%A:userpool/%R_%N"},
    {"AWS::Cognito::UserPool",      "ProviderName", "cognito-idp.%R.%U/%R_%N"},
    {"AWS::Cognito::UserPool",      "ProviderURL", "https://cognito-idp.%R.%U/%R_%N"},
    {"AWS::Cognito::UserPoolClient", "ClientId",  "%N"},
    {"AWS::Cognito::IdentityPool",  "",           "%R:%N"},
    {"AWS::Serverless::Api",        "RestApiId",  "%N"},
    {"AWS::ApiGateway::RestApi",    "RestApiId",  "%N"},
    {"AWS::Serverless::HttpApi",    "ApiId",      "%N"},
    {"AWS::Serverless::HttpApi",    "ApiEndpoint", "https://%N.execute-api.%R.%U"},
    {"AWS::ApiGatewayV2::Api",      "ApiId",      "%N"},
    {"AWS::ApiGatewayV2::Api",      "ApiEndpoint", "https://%N.execute-api.%R.%U"},
    {"AWS::Lambda::Url",            "",           "arn:%P:lambda:%R:%A:function:%N"},
    {"AWS::Lambda::Url",            "FunctionArn", "arn:%P:lambda:%R:%A:function:%N"},
    {"AWS::Lambda::Url",            "FunctionUrl", "https://%N.lambda-url.%R.on.aws/"},
    {"AWS::AppSync::GraphQLApi",    "ApiId",      "%N"},
    {"AWS::AppSync::GraphQLApi",    "Arn",        "arn:%P:appsync:%R:%A:apis/%N"},
    {"AWS::AppSync::GraphQLApi",    "GraphQLUrl", "https://%N.appsync-api.%R.%U/graphql"},
    {"AWS::ECR::Repository",        "Arn",        "arn:%P:ecr:%R:%A:repository/%N"},
    {"AWS::ECR::Repository",        "RepositoryUri", "%A.dkr.ecr.%R.%U/%N"},
    {"AWS::ECS::Cluster",           "Arn",        "arn:%P:ecs:%R:%A:cluster/%N"},
    {"AWS::KinesisFirehose::DeliveryStream", "Arn", "arn:%P:firehose:%R:%A:deliverystream/%N"},
    {"AWS::Scheduler::Schedule",    "Arn",        "arn:%P:scheduler:%R:%A:schedule/default/%N"},
    {"AWS::Scheduler::ScheduleGroup", "Arn",      "arn:%P:scheduler:%R:%A:schedule-group/%N"},
};
/* clang-format on */

const char *resource_name_property(const char *type)
{
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (strcmp(names[i].type, type) == 0)
            return names[i].property;
    }
    return NULL;
}

const char *resource_pattern(const char *type, const char *attribute, struct nearest_name *nearest)
{
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
        if (strcmp(values[i].type, type) != 0)
            continue;
        if (strcmp(values[i].attribute, attribute) == 0)
            return values[i].pattern;
        nearest_name_offer(nearest, values[i].attribute);
    }
    return attribute[0] == '\0' ? "%N" : NULL;
}
