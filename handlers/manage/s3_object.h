/*
 * s3_object.h - code that lies in S3: here in a folder, Local.S3Folder/bucket/key.
 */
#ifndef HANDLERS_MANAGE_S3_OBJECT_H
#define HANDLERS_MANAGE_S3_OBJECT_H

#include "handlers/manage/manage_call.h"

enum { S3_PATH_SIZE = 6000 };

/* The file of S3Bucket and S3Key. False, and answered as AWS does, when there is none. */
bool s3_object_find(struct manage_call *call, const cJSON *code, char path[S3_PATH_SIZE]);

#endif
