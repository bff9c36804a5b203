/*
 * template_build.h - the output of `sam build` in .aws-sam/build beside a template.
 *
 * Lifetime: opened and closed by template_read().
 */
#ifndef CONFIG_TEMPLATE_TEMPLATE_BUILD_H
#define CONFIG_TEMPLATE_TEMPLATE_BUILD_H

#include <stdbool.h>

struct document;

enum template_build_state {
    BUILD_NONE,  /* there is none */
    BUILD_STALE, /* it is older than the template */
    BUILD_FRESH
};

struct template_build {
    enum template_build_state state;
    const char *folder; /* ".aws-sam/build", relative to the outermost template */
    struct document
        *document; /* the template that `sam build` has written; NULL unless BUILD_FRESH */
};

/* `folder` is that of the template at `path`. False when out of memory. */
bool template_build_open(struct template_build *build, const char *folder, const char *path);

/* Of a nested stack: `folder` (borrowed), relative to `base`, is where `sam build` puts it. */
bool template_build_open_in(struct template_build *build, const char *base, const char *folder,
                            const char *path);
void template_build_close(struct template_build *build);

/* The folder of a function's build, inside .aws-sam/build. NULL when it wasn't built. Borrowed. */
const char *template_build_folder(const struct template_build *build, const char *logical_id);

#endif
