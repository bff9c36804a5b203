#include "config/names/nearest_name.h"

#include <ctype.h>
#include <stdbool.h>
#include <string.h>
#include <strings.h>

/* Longer names are nobody's misspelling. BEGINNING_MIN: so much of a name is enough when it is the beginning. */
enum { COMPARED_MAX = 64, BEGINNING_MIN = 4 };

void nearest_name_init(struct nearest_name *nearest, const char *wanted)
{
    *nearest = (struct nearest_name){.wanted = wanted};
}

static size_t smaller(size_t a, size_t b)
{
    return a < b ? a : b;
}

static bool is_same_letter(char a, char b)
{
    return tolower((unsigned char)a) == tolower((unsigned char)b);
}

/* Letters left out, put in, replaced, or two neighbours swapped; case counts for nothing. Three rows of the table. */
static size_t edit_distance(const char *a, size_t a_length, const char *b, size_t b_length)
{
    size_t rows[3][COMPARED_MAX + 1];

    for (size_t column = 0; column <= b_length; column++)
        rows[0][column] = column;
    for (size_t row = 1; row <= a_length; row++) {
        size_t *now = rows[row % 3];
        const size_t *above = rows[(row + 2) % 3], *two_above = rows[(row + 1) % 3];

        now[0] = row;
        for (size_t column = 1; column <= b_length; column++) {
            const size_t replaced = above[column - 1] + !is_same_letter(a[row - 1], b[column - 1]);

            now[column] = smaller(replaced, smaller(above[column], now[column - 1]) + 1);
            if (row > 1 && column > 1 && is_same_letter(a[row - 1], b[column - 2]) &&
                is_same_letter(a[row - 2], b[column - 1]))
                now[column] = smaller(now[column], two_above[column - 2] + 1);
        }
    }
    return rows[a_length % 3][b_length];
}

void nearest_name_offer(struct nearest_name *nearest, const char *known)
{
    const size_t wanted_length = strlen(nearest->wanted), known_length = strlen(known);

    if (wanted_length == 0 || wanted_length > COMPARED_MAX || known_length > COMPARED_MAX)
        return;
    size_t distance = edit_distance(nearest->wanted, wanted_length, known, known_length);
    const size_t near_enough = 1 + wanted_length / 4;

    if (wanted_length >= BEGINNING_MIN && strncasecmp(nearest->wanted, known, wanted_length) == 0)
        distance = smaller(distance, near_enough);
    if (distance > near_enough || (nearest->best != NULL && distance >= nearest->distance))
        return;
    nearest->best = known;
    nearest->distance = distance;
}
