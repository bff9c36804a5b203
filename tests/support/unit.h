/*
 * unit.h - what a unit test of ours looks like: one program per tests/unit/test_<module>.c, which defines unit_suite();
 * main() is in unit.c. The last line it prints is "N passed, N failed".
 */
#ifndef TESTS_SUPPORT_UNIT_H
#define TESTS_SUPPORT_UNIT_H

#include <check.h>

#define ARRAY_LENGTH(array) ((int)(sizeof(array) / sizeof((array)[0])))

/* Returns owned; run and freed by main(). */
Suite *unit_suite(void);

#endif
