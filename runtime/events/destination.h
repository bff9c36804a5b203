/*
 * destination.h - what is written about an event that is over: dead letters and invocation records, as AWS sends them.
 *
 * Pure: bytes in, one line out. Which of them an event gets is async_outcome.c's business, where they go record_file.h's.
 * Key order and conditions are recorded AWS messages. The event and the response are embedded as the bytes that they
 * are; only line ends between the values of a JSON text become blanks, as a record is one line.
 */
#ifndef RUNTIME_EVENTS_DESTINATION_H
#define RUNTIME_EVENTS_DESTINATION_H

#include "base/bytes.h"
#include "base/request_id.h"

enum { DEAD_LETTER_MESSAGE_MAX = 1024 };

/* What came of an event. */
struct event_report {
    const char *request_id;
    const char *function_arn; /* always with a qualifier */
    const char *condition;    /* "Success", "RetriesExhausted", … */
    int64_t now_ms;           /* by the account's clock */
    unsigned run_count;
    struct bytes_view payload;    /* empty stands for {} */
    const char *executed_version; /* NULL when it never ran: then there is no response either */
    const char *function_error;   /* "Unhandled" or "Handled"; NULL: it succeeded */
    struct bytes_view response;   /* of the last run */
};

/* The invocation record. Returns owned, without a line end; NULL when out of memory. */
struct bytes *destination_record(const struct event_report *report);

/* The same as an event of an event bus. */
struct bytes *destination_bus_event(const struct event_report *report, const char *bus_arn);

enum destination_kind { DESTINATION_FILE, DESTINATION_BUS, DESTINATION_FUNCTION };

/* What becomes of a record for that ARN: a line of a file, of an event bus's file, or an event for a function. */
enum destination_kind destination_kind(const char *arn);

struct dead_letter {
    const char *message_id;
    const char *request_id;
    unsigned error_code;       /* 200 when it ran, else the status of the refusal */
    const char *error_message; /* cut to 1 KB */
    int64_t now_ms;
    struct bytes_view payload;
};

/* The SQS message. As above. */
struct bytes *dead_letter_line(const struct dead_letter *letter);

/*
 * A message id that is the same when an event is given up a second time because a kill came in between; two events with
 * the same request id (delivered twice on purpose) have different ones.
 */
void dead_letter_message_id(const char *request_id, int64_t sequence, char id[REQUEST_ID_SIZE]);

/*
 * What the error of a function says: its errorType and errorMessage, else all of it as text. `type` may come back as
 * NULL. Both are owned by the caller. False when out of memory.
 */
bool function_error_read(struct bytes_view payload, char **type, char **message);

#endif
