/*
 * manage_handle.h - the way of every request of the management API: receive, take apart, check, hand to its operation.
 *
 * A large body is parsed on a pool thread, since it holds an archive.
 */
#ifndef HANDLERS_MANAGE_MANAGE_HANDLE_H
#define HANDLERS_MANAGE_MANAGE_HANDLE_H

#include "handlers/manage/manage_call.h"

void manage_call_free(struct manage_call *call);

#endif
