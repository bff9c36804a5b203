/* Prints the table of exceptions, a row a line: name, status, message key, Type, Reason, modelled (0 or 1), message. */
#include "config/names/api_exception.h"

#include <stdio.h>
#include <stdlib.h>

int main(void)
{
    for (unsigned i = 0; i < API_EXCEPTION_COUNT; i++) {
        const struct api_exception_row *row = api_exception_row((enum api_exception)i);

        printf("%s\t%d\t%s\t%s\t%s\t%d\t%s\n", row->name, row->status, row->message_key,
               row->type == NULL ? "" : row->type, row->reason == NULL ? "" : row->reason,
               row->is_modelled, row->message);
    }
    return fflush(stdout) == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
