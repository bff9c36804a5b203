/*
 * function_url.h - the URLs of functions and aliases (FunctionUrlConfig): who may ask, how the response comes, and which
 * pages may read it.
 *
 * Owns:     nothing; all of it lives in the snapshot (config.h).
 * Used by:  function_builder.c, which builds them; handlers/url/, handlers/manage/.
 */
#ifndef CONFIG_FUNCTION_URL_H
#define CONFIG_FUNCTION_URL_H

#include "config/config.h"

enum {
    FUNCTION_URL_ID_LENGTH = 32,
    FUNCTION_URL_HOST_SIZE = 160, /* "ID.lambda-url.REGION.localhost" and its NUL */
    CORS_NO_MAX_AGE = -1
};

enum function_url_auth { FUNCTION_URL_AUTH_NONE, FUNCTION_URL_AUTH_AWS_IAM };
enum function_url_mode { FUNCTION_URL_BUFFERED, FUNCTION_URL_RESPONSE_STREAM };

/* Their names as AWS has them, by value, ended by NULL. */
extern const char *const function_url_auth_names[];
extern const char *const function_url_mode_names[];

/* Members of FunctionUrlConfig.Cors, which HTTP APIs have too. Lists are empty where nothing was said. */
struct cors_config {
    bool allow_credentials;
    struct string_list allow_headers, allow_methods, allow_origins, expose_headers;
    int max_age_s; /* CORS_NO_MAX_AGE for none */
};

struct function_url {
    char id[FUNCTION_URL_ID_LENGTH +
            1]; /* the same for the same account, region, function and alias */
    const struct function *function;
    const char *qualifier; /* the alias; "" for $LATEST */
    enum function_url_auth auth;
    enum function_url_mode mode;
    const struct cors_config *cors; /* NULL: the function answers preflight requests itself */
};

/* The URL of a function (`qualifier` "") or of its alias; NULL for none. */
const struct function_url *function_url_of(const struct function *function, const char *qualifier);

/* The URL with that id, in any case, as host names are; NULL for none. A binary search. */
const struct function_url *function_url_by_id(const struct config *config, const char *id);

/* "ID.lambda-url.us-east-1.localhost", without a port. */
void function_url_host(const struct config *config, const struct function_url *url,
                       char host[FUNCTION_URL_HOST_SIZE]);

/* ---- building (config_builder.h) ---- */

struct config_builder;
struct node;

/* `node` is FunctionUrlConfig. NULL when out of memory, or when it is no object, which has been told. */
const struct function_url *function_url_build(struct config_builder *builder,
                                              const struct function *function,
                                              const char *qualifier, const struct node *node);

/* Once all functions are built: makes function_url_by_id() find them. */
void function_urls_index(struct config_builder *builder, struct config *config);

struct setting_scope;

/* `node` is an object of `settings`: cors_settings or api_cors_settings. NULL when out of memory. */
const struct cors_config *cors_config_build(struct config_builder *builder,
                                            const struct setting_scope *settings,
                                            const struct node *node);

/* An id that follows from account, region and both texts. */
void function_url_id_make(const struct config_builder *builder, const char *name,
                          const char *qualifier, char id[FUNCTION_URL_ID_LENGTH + 1]);

#endif
