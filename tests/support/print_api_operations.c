/* Prints the table of operations, a row a line: name, method, path. */
#include "handlers/lambda/api_operations.h"

#include <stdio.h>
#include <stdlib.h>

int main(void)
{
    size_t count;
    const struct api_operation *operations = api_operations(&count);

    for (size_t i = 0; i < count; i++)
        printf("%s\t%s\t%s\n", operations[i].name, operations[i].method, operations[i].path);
    return fflush(stdout) == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
