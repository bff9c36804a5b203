#include "base/short_text.h"

#include <assert.h>
#include <math.h>
#include <string.h>

enum { DIGITS_MAX = 20 };

void short_text_begin(struct short_text *text, char *memory, size_t room)
{
    assert(room > 0);
    *text = (struct short_text){memory, 0, room};
    memory[0] = '\0';
}

void short_text_put_bytes(struct short_text *text, const char *more, size_t length)
{
    if (length > text->room - 1 - text->length)
        length = text->room - 1 - text->length;
    memcpy(text->text + text->length, more, length);
    text->length += length;
    text->text[text->length] = '\0';
}

void short_text_put(struct short_text *text, const char *more)
{
    short_text_put_bytes(text, more, strlen(more));
}

void short_text_put_number(struct short_text *text, uint64_t number)
{
    char digits[DIGITS_MAX];
    size_t at = DIGITS_MAX;

    do {
        digits[--at] = (char)('0' + number % 10);
        number /= 10;
    } while (number > 0);
    short_text_put_bytes(text, digits + at, DIGITS_MAX - at);
}

void short_text_put_hundredths(struct short_text *text, double number)
{
    const uint64_t hundredths = (uint64_t)nearbyint(number * 100);
    const char end[] = {'.', (char)('0' + hundredths / 10 % 10), (char)('0' + hundredths % 10)};

    short_text_put_number(text, hundredths / 100);
    short_text_put_bytes(text, end, sizeof end);
}
