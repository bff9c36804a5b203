/*
 * names.h - how the static binary looks host names up.
 *
 * glibc reads /etc/nsswitch.conf and loads a shared library for each service that it names there (mdns4_minimal,
 * resolve, ...), also into a static program, where a library of another glibc can crash it. A static build therefore
 * asks /etc/hosts and DNS only, which glibc has built in since 2.34. Any other build asks as the system says.
 */
#ifndef SERVER_NAMES_H
#define SERVER_NAMES_H

/* Before the first look-up, once. */
void names_configure(void);

#endif
