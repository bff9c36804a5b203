/*
 * observers.h - hands what the dispatcher tells of every invocation on to all who keep count of it: the history of its
 * account, and the metrics.
 *
 * To add one: a line in each function of observers.c.
 */
#ifndef SERVER_OBSERVERS_H
#define SERVER_OBSERVERS_H

#include "runtime/dispatch/dispatcher.h"
#include "runtime/dispatch/metrics.h"

/* For dispatcher_observe(). Borrows `metrics`. */
struct dispatch_observer observers_make(struct metrics *metrics);

#endif
