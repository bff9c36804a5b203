#include "handlers/manage/s3_object.h"

#include "base/zip/zip_path.h"
#include "handlers/manage/configuration.h"
#include "handlers/manage/manage_operations.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

static bool refuse(struct manage_call *call, const char *code, const char *message)
{
    manage_refuse(call, MANAGE_PARAMETER,
                  "Error occurred while GetObject. S3 Error Code: %s. S3 Error Message: %s", code,
                  message);
    return false;
}

/* A key that leads out of its bucket names nothing. */
static bool is_safe(const char *key)
{
    struct zip_path parts;

    return zip_path_read(key, strlen(key), &parts) && !parts.is_folder;
}

bool s3_object_find(struct manage_call *call, const cJSON *code, char path[S3_PATH_SIZE])
{
    const char *bucket = json_member_text(code, "S3Bucket"), *key = json_member_text(code, "S3Key");
    const char *folder = call->config->s3_folder;
    struct stat about;

    if (bucket == NULL || key == NULL) {
        manage_refuse(call, MANAGE_PARAMETER,
                      "Please provide a source for function code in the form of a ZipFile, or an "
                      "S3Bucket and S3Key.");
        return false;
    }
    if (folder == NULL)
        log_write(call->api->log, LOG_WARN,
                  "%s: code in the S3 bucket %s: set Local.S3Folder, the folder that holds the "
                  "buckets",
                  call->operation->name, bucket);
    if (folder == NULL || bucket[0] == '.' ||
        snprintf(path, S3_PATH_SIZE, "%s/%s", folder, bucket) >= S3_PATH_SIZE ||
        stat(path, &about) != 0 || !S_ISDIR(about.st_mode))
        return refuse(call, "NoSuchBucket", "The specified bucket does not exist");
    if (!is_safe(key) ||
        snprintf(path, S3_PATH_SIZE, "%s/%s/%s", folder, bucket, key) >= S3_PATH_SIZE ||
        stat(path, &about) != 0)
        return refuse(call, "NoSuchKey", "The specified key does not exist.");
    return true;
}
