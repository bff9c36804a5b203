#include "server/cli/version.h"

#ifndef INVOKED_COMMIT
#define INVOKED_COMMIT ""
#endif

const char *version_text(void)
{
    return sizeof INVOKED_COMMIT > 1 ? "invoked " INVOKED_VERSION " (" INVOKED_COMMIT ")\n"
                                     : "invoked " INVOKED_VERSION "\n";
}
