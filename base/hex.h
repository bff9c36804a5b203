/*
 * hex.h - hexadecimal digits.
 */
#ifndef BASE_HEX_H
#define BASE_HEX_H

/* 0 to 15; -1 for any other character. */
static inline int hex_value(char digit)
{
    if (digit >= '0' && digit <= '9')
        return digit - '0';
    const char lower = (char)(digit | 0x20);

    return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

#endif
