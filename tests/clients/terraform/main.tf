# Every resource of Lambda that its provider for AWS has and that is served here. test_terraform.py applies it.

terraform {
  required_providers {
    aws = { source = "hashicorp/aws" }
  }
}

variable "endpoint" { type = string }
variable "value" { type = string }
variable "archive" { type = string }
variable "layer" { type = string }

provider "aws" {
  region                      = "us-east-1"
  access_key                  = "test"
  secret_key                  = "test"
  skip_credentials_validation = true
  skip_requesting_account_id  = true
  skip_metadata_api_check     = true
  endpoints {
    lambda = var.endpoint
  }
}

resource "aws_lambda_layer_version" "shared" {
  layer_name          = "shared"
  filename            = var.layer
  compatible_runtimes = ["python3.12"]
}

resource "aws_lambda_layer_version_permission" "shared" {
  layer_name     = aws_lambda_layer_version.shared.layer_name
  version_number = aws_lambda_layer_version.shared.version
  statement_id   = "other"
  action         = "lambda:GetLayerVersion"
  principal      = "111111111111"
}

resource "aws_lambda_code_signing_config" "signed" {
  allowed_publishers {
    signing_profile_version_arns = ["arn:aws:signer:us-east-1:123456789012:/signing-profiles/p/abcdefghij"]
  }
}

resource "aws_lambda_function" "hello" {
  function_name                  = "hello"
  role                           = "arn:aws:iam::123456789012:role/lambda"
  runtime                        = "python3.12"
  handler                        = "app.handler"
  filename                       = var.archive
  source_code_hash               = filebase64sha256(var.archive)
  timeout                        = 20
  memory_size                    = 256
  publish                        = true
  layers                         = [aws_lambda_layer_version.shared.arn]
  reserved_concurrent_executions = 7
  tags                           = { team = "a" }

  environment {
    variables = { VALUE = var.value }
  }
  dead_letter_config {
    target_arn = "arn:aws:sqs:us-east-1:123456789012:hello-dlq"
  }
}

resource "aws_lambda_alias" "live" {
  name             = "live"
  function_name    = aws_lambda_function.hello.function_name
  function_version = aws_lambda_function.hello.version
}

resource "aws_lambda_function_event_invoke_config" "hello" {
  function_name                = aws_lambda_function.hello.function_name
  maximum_retry_attempts       = 1
  maximum_event_age_in_seconds = 600
  destination_config {
    on_failure {
      destination = "arn:aws:sqs:us-east-1:123456789012:failed"
    }
  }
}

resource "aws_lambda_permission" "bucket" {
  statement_id  = "bucket"
  action        = "lambda:InvokeFunction"
  function_name = aws_lambda_function.hello.function_name
  principal     = "s3.amazonaws.com"
  source_arn    = "arn:aws:s3:::bucket"
}

resource "aws_lambda_function_url" "live" {
  function_name      = aws_lambda_function.hello.function_name
  qualifier          = aws_lambda_alias.live.name
  authorization_type = "NONE"
  cors {
    allow_origins = ["*"]
    max_age       = 60
  }
}

resource "aws_lambda_provisioned_concurrency_config" "live" {
  function_name                     = aws_lambda_function.hello.function_name
  qualifier                         = aws_lambda_alias.live.name
  provisioned_concurrent_executions = 1
}

resource "aws_lambda_event_source_mapping" "orders" {
  event_source_arn = "arn:aws:sqs:us-east-1:123456789012:orders"
  function_name    = aws_lambda_function.hello.arn
  batch_size       = 5
}

resource "aws_lambda_function_recursion_config" "hello" {
  function_name  = aws_lambda_function.hello.function_name
  recursive_loop = "Allow"
}

resource "aws_lambda_runtime_management_config" "hello" {
  function_name     = aws_lambda_function.hello.function_name
  update_runtime_on = "FunctionUpdate"
}

data "aws_lambda_function" "live" {
  function_name = aws_lambda_function.hello.function_name
  qualifier     = aws_lambda_alias.live.name
}

output "url" { value = aws_lambda_function_url.live.function_url }
output "live_version" { value = data.aws_lambda_function.live.version }
