/*
 * mock_environment.h - Local.Mock, and answers set at run time: no process, the first canned response that fits.
 *
 * It ends as the answer says: a payload, a function error, an exception of the Invoke API, a time-out, an exit; after
 * DelayMs of real time, or when the function's Timeout is up if that is sooner. Threads: event-loop thread only.
 */
#ifndef RUNTIME_ENVIRONMENTS_MOCK_ENVIRONMENT_H
#define RUNTIME_ENVIRONMENTS_MOCK_ENVIRONMENT_H

#include "runtime/environments/execution_environment.h"

/* An environment in state IDLE, for one invocation; NULL when out of memory. */
struct environment *mock_open(const struct environment_options *options);

#endif
