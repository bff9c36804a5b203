/*
 * version.h - what `invoked --version` prints.
 *
 * The commit goes into this one file only, so that a commit builds nothing else anew.
 */
#ifndef SERVER_CLI_VERSION_H
#define SERVER_CLI_VERSION_H

/* "invoked 0.1.0 (17e8f87dc073)\n"; without the commit where the build couldn't know it (no Git repository). Static. */
const char *version_text(void);

#endif
