#include "handlers/event_counts.h"

size_t event_counts_of(const struct api *api, const struct account *account,
                       const char *function_name)
{
    (void)api;
    (void)account;
    (void)function_name;
    return 0;
}

bool event_counts_oldest(struct api *api, event_oldest_fn *on_oldest, void *context)
{
    (void)api;
    on_oldest(0, context);
    return true;
}
