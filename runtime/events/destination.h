/*
 * destination.h - what is written at the end of an event: dead letters and invocation records, as AWS sends them.
 *
 * Pure: bytes in, one line out. async_records.c chooses which of them an event gets, record_file.h writes them. The order
 * of keys and the conditions are those of recorded AWS messages. The event and the response are embedded byte for byte;
 * only line ends between the values of a JSON text become blanks, since a record is one line.
 */
#ifndef RUNTIME_EVENTS_DESTINATION_H
#define RUNTIME_EVENTS_DESTINATION_H

#include "base/bytes.h"
#include "base/request_id.h"

enum { DEAD_LETTER_MESSAGE_MAX = 1024 };

/* The outcome of an event. */
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

/* The invocation record. Returns owned, without the line end; NULL when out of memory. */
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
 * A message id. If a kill makes the server give up the same event twice, both have the same id; two events with the
 * same request id (a duplicate delivery) have different ones.
 */
void dead_letter_message_id(const char *request_id, int64_t sequence, char id[REQUEST_ID_SIZE]);

/*
 * Reads errorType and errorMessage of a function error; if it has none, the message is the whole payload as text and
 * `type` is NULL. Both are owned by the caller. False when out of memory.
 */
bool function_error_read(struct bytes_view payload, char **type, char **message);

#endif
