#include "config/names/target_arn.h"

#include "config/names/function_name.h"
#include "config/names/name_rules.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

enum { ARN_MAX = 350, PART_MAX = 64 };

struct arn_parts {
    char service[PART_MAX], region[PART_MAX], account_id[PART_MAX];
    const char *resource;
};

struct target_row {
    const char *service;
    bool may[3]; /* by enum target_use */
    bool (*is_resource)(const struct arn_parts *parts);
};

static const char name_characters[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
static const char bus_characters[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_./";
static const char bucket_characters[] = "abcdefghijklmnopqrstuvwxyz0123456789-.";

/* The next part of the ARN, up to the colon. */
static bool take_part(const char **arn, char part[PART_MAX])
{
    const size_t length = strcspn(*arn, ":");

    if ((*arn)[length] != ':' || length >= PART_MAX)
        return false;
    memcpy(part, *arn, length);
    part[length] = '\0';
    *arn += length + 1;
    return true;
}

static bool split(const char *arn, struct arn_parts *parts)
{
    char prefix[PART_MAX], partition[PART_MAX];

    if (strlen(arn) > ARN_MAX || !take_part(&arn, prefix) || !take_part(&arn, partition) ||
        !take_part(&arn, parts->service) || !take_part(&arn, parts->region) ||
        !take_part(&arn, parts->account_id))
        return false;
    parts->resource = arn;
    return strcmp(prefix, "arn") == 0 && strncmp(partition, "aws", 3) == 0;
}

static bool has_place(const struct arn_parts *parts)
{
    return is_region(parts->region) && is_account_id(parts->account_id);
}

static bool is_made_of(const char *text, const char *characters, size_t length_max)
{
    const size_t length = strlen(text);

    return length > 0 && length <= length_max && strspn(text, characters) == length;
}

static bool is_queue(const struct arn_parts *parts)
{
    return has_place(parts) && is_made_of(parts->resource, name_characters, 80);
}

static bool is_topic(const struct arn_parts *parts)
{
    return has_place(parts) && is_made_of(parts->resource, name_characters, 256);
}

static bool is_function(const struct arn_parts *parts)
{
    struct function_name parsed;
    char name[FUNCTION_NAME_MAX + 1];

    if (!has_place(parts) || strncmp(parts->resource, "function:", 9) != 0 ||
        strlen(parts->resource) > FUNCTION_NAME_MAX)
        return false;
    (void)snprintf(name, sizeof name, "%s", parts->resource + 9);
    return function_name_parse(name, strlen(name), &parsed) == FUNCTION_NAME_OK &&
           is_function_name(parsed.name);
}

/* What follows the last slash becomes the name of a file. */
static bool is_event_bus(const struct arn_parts *parts)
{
    if (!has_place(parts) || strncmp(parts->resource, "event-bus/", 10) != 0 ||
        !is_made_of(parts->resource + 10, bus_characters, 256))
        return false;
    const char *last = strrchr(parts->resource, '/') + 1;

    return *last != '\0' && *last != '.';
}

static bool is_bucket(const struct arn_parts *parts)
{
    return parts->region[0] == '\0' && parts->account_id[0] == '\0' &&
           is_made_of(parts->resource, bucket_characters, 63) && strlen(parts->resource) >= 3 &&
           parts->resource[0] != '.';
}

/* clang-format off */
static const struct target_row rows[] = {
    /*           dead letter, on success, on failure */
    {"sqs",      {true,       true,       true},      is_queue},
    {"sns",      {true,       true,       true},      is_topic},
    {"lambda",   {false,      true,       true},      is_function},
    {"events",   {false,      true,       true},      is_event_bus},
    {"s3",       {false,      false,      true},      is_bucket},
};

static const char *const wanted[] = {
    [TARGET_DEAD_LETTER] = "the ARN of an SQS queue or SNS topic, such as arn:aws:sqs:us-east-1:123456789012:my-queue",
    [TARGET_ON_SUCCESS]  = "the ARN of an SQS queue, SNS topic, Lambda function or event bus, such as "
                           "arn:aws:sqs:us-east-1:123456789012:my-queue",
    [TARGET_ON_FAILURE]  = "the ARN of an SQS queue, SNS topic, Lambda function, event bus or S3 bucket, such as "
                           "arn:aws:sqs:us-east-1:123456789012:my-queue",
};
/* clang-format on */

static bool is_fifo(const struct arn_parts *parts)
{
    const size_t length = strlen(parts->resource);

    return (strcmp(parts->service, "sqs") == 0 || strcmp(parts->service, "sns") == 0) &&
           length > 5 && strcmp(parts->resource + length - 5, ".fifo") == 0;
}

const char *target_arn_problem(const char *arn, enum target_use use)
{
    struct arn_parts parts;

    if (!split(arn, &parts))
        return wanted[use];
    if (is_fifo(&parts))
        return "a standard queue or topic: AWS doesn't deliver to FIFO ones";
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (strcmp(rows[i].service, parts.service) == 0)
            return rows[i].may[use] && rows[i].is_resource(&parts) ? NULL : wanted[use];
    }
    return wanted[use];
}
