#include "server/names.h"

#ifdef INVOKED_STATIC
#include <nss.h>

void names_configure(void)
{
    (void)__nss_configure_lookup("hosts", "files dns");
}
#else
void names_configure(void)
{
}
#endif
