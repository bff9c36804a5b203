#include "server/cli/deploy_code.h"

#include "base/zip/zip_pack.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    PATH_SIZE = 4096,
    BAR_WIDTH = 30,
    ARCHIVE_MAX = 50 << 20, /* AWS: what CreateFunction takes */
    SOURCE_MAX = 256 << 10  /* so much of a file is searched for its handler */
};

/* ---- the archive ---- */

struct bar {
    bool is_shown;
    unsigned shown; /* per cent */
};

static void show_progress(uint64_t done, uint64_t whole, void *context)
{
    static const char full[] = "##############################";
    static const char empty[] = "..............................";
    struct bar *bar = context;
    const unsigned percent = whole == 0 ? 100 : (unsigned)(done * 100 / whole);
    const int length = (int)(percent > 100 ? 100 : percent) * BAR_WIDTH / 100;

    if (!bar->is_shown || percent == bar->shown)
        return;
    bar->shown = percent;
    (void)fprintf(stderr, "\rpacking [%.*s%.*s] %3u %%", length, full, BAR_WIDTH - length, empty,
                  percent);
}

static bool report(const char *path, const char *why)
{
    (void)fprintf(stderr, "invoked: %s: %s\n", path, why);
    return false;
}

static bool read_archive(const char *path, int file, struct bytes **archive)
{
    char piece[16384];
    ssize_t count;

    while ((count = read(file, piece, sizeof piece)) > 0) {
        if (!bytes_append(archive, piece, (size_t)count))
            return report(path, "out of memory");
        if (bytes_view(*archive).length > ARCHIVE_MAX)
            return report(path, "the archive is larger than 50 MB, which is what Lambda takes");
    }
    if (count < 0)
        return report(path, strerror(errno));
    return true;
}

static bool pack(const char *folder, const char *file, struct bytes **archive, int descriptor)
{
    struct bar bar = {.is_shown = isatty(STDERR_FILENO) != 0, .shown = 101};
    const struct zip_packing packing = {folder, file, show_progress, &bar};
    char where[ZIP_NAME_MAX + 1];
    const enum zip_status status = zip_pack(&packing, where);
    const int error = errno;

    if (bar.is_shown)
        (void)fputs("\r\033[K", stderr);
    if (status == ZIP_OK)
        return read_archive(folder, descriptor, archive);
    return status == ZIP_UNREADABLE || status == ZIP_NOT_WRITTEN
               ? report(where, strerror(error))
               : report(folder, zip_status_text(status));
}

static bool pack_folder(const char *folder, struct bytes **archive)
{
    const char *temporary = getenv("TMPDIR");
    char file[PATH_SIZE];
    bool is_packed;
    int descriptor;

    if ((size_t)snprintf(file, sizeof file, "%s/invoked-deploy-XXXXXX",
                         temporary == NULL || temporary[0] == '\0' ? "/tmp" : temporary) >=
        sizeof file)
        return report("TMPDIR", strerror(ENAMETOOLONG));
    descriptor = mkostemp(file, O_CLOEXEC);
    if (descriptor < 0)
        return report(file, strerror(errno));
    is_packed = pack(folder, file, archive, descriptor);
    (void)close(descriptor);
    (void)unlink(file);
    return is_packed;
}

bool deploy_code_read(const char *path, struct bytes **archive)
{
    struct stat about;
    bool is_read;
    int file;

    if (stat(path, &about) != 0)
        return report(path, strerror(errno));
    if (S_ISDIR(about.st_mode))
        return pack_folder(path, archive);
    if (!S_ISREG(about.st_mode))
        return report(path, "must be a folder or a .zip");
    file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0)
        return report(path, strerror(errno));
    is_read = read_archive(path, file, archive);
    (void)close(file);
    return is_read;
}

/* ---- runtime and handler ---- */

/* clang-format off */
static const struct {
    const char *file, *runtime;
} usual_files[] = {
    {"lambda_function.py", "python3.13"},
    {"app.py",             "python3.13"},
    {"main.py",            "python3.13"},
    {"index.py",           "python3.13"},
    {"handler.py",         "python3.13"},
    {"index.mjs",          "nodejs22.x"},
    {"index.js",           "nodejs22.x"},
    {"index.cjs",          "nodejs22.x"},
    {"app.mjs",            "nodejs22.x"},
    {"app.js",             "nodejs22.x"},
    {"handler.mjs",        "nodejs22.x"},
    {"handler.js",         "nodejs22.x"},
    {"lambda_function.rb", "ruby3.4"},
    {"app.rb",             "ruby3.4"},
};
/* clang-format on */

/* The console's names for new functions are "lambda_handler", and "handler" for Node.js. */
static bool has_lambda_handler(const char *path)
{
    char *source = calloc(1, SOURCE_MAX + 1);
    FILE *file = fopen(path, "re");
    bool is_found = false;

    if (source != NULL && file != NULL && fread(source, 1, SOURCE_MAX, file) > 0)
        is_found = strstr(source, "def lambda_handler") != NULL;
    if (file != NULL)
        (void)fclose(file);
    free(source);
    return is_found;
}

bool deploy_code_detect(const char *path, const char **runtime, char handler[DEPLOY_HANDLER_SIZE])
{
    char file[PATH_SIZE];

    (void)snprintf(file, sizeof file, "%s/bootstrap", path);
    if (access(file, X_OK) == 0) {
        *runtime = "provided.al2023";
        (void)snprintf(handler, DEPLOY_HANDLER_SIZE, "bootstrap");
        return true;
    }
    for (size_t i = 0; i < sizeof usual_files / sizeof usual_files[0]; i++) {
        const char *name = usual_files[i].file;

        (void)snprintf(file, sizeof file, "%s/%s", path, name);
        if (access(file, R_OK) != 0)
            continue;
        *runtime = usual_files[i].runtime;
        (void)snprintf(handler, DEPLOY_HANDLER_SIZE, "%.*s.%s", (int)strcspn(name, "."), name,
                       has_lambda_handler(file) ? "lambda_handler" : "handler");
        return true;
    }
    return false;
}
