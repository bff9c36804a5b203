/*
 * base64.h - RFC 4648, the standard alphabet with padding: X-Amz-Client-Context in, X-Amz-Log-Result out.
 */
#ifndef BASE_BASE64_H
#define BASE_BASE64_H

#include "base/bytes.h"

/* Return owned, ended by NUL; NULL when out of memory or, for decoding, when `text` is not base64. */
char *base64_encode(struct bytes_view bytes);
char *base64_decode(struct bytes_view text, size_t *length);

#endif
