#include "runtime/process/task_mount.h"

#include "config/config.h"
#include "runtime/process/launcher.h"
#include "tests/support/unit.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static struct task_mounts *mounts;
static char folder[64];

static void set_up(void)
{
    mounts = task_mounts_open();
    ck_assert_ptr_nonnull(mounts);
    (void)snprintf(folder, sizeof folder, "/tmp/task-mount-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
}

static void tear_down(void)
{
    task_mounts_close(mounts);
    (void)rmdir(folder);
}

static bool is_possible(void)
{
    const char *const problem = task_mounts_problem(mounts);

    if (problem != NULL)
        printf("skipped: %s\n", problem);
    return problem == NULL;
}

static const char *prepare(struct string_list layers, bool needs_opt, struct task_mount *mount)
{
    return task_mount_prepare(
        mounts,
        &(struct task_mount_options){.code = folder, .layers = &layers, .needs_opt = needs_opt},
        mount);
}

/* The exit status of `script`, started with `mount`; -1 when it could not be. */
static int run(struct task_mount *mount, const char *script)
{
    struct launcher *launcher = launcher_open();
    char *const arguments[] = {"sh", "-c", (char *)(uintptr_t)script, NULL};
    char *const environment[] = {"PATH=/usr/bin:/bin", NULL};
    const int nothing = open("/dev/null", O_RDWR | O_CLOEXEC);
    int status = 0;
    const pid_t id = launcher_start(launcher, "/bin/sh",
                                    &(struct process_options){
                                        .arguments = arguments,
                                        .environment = environment,
                                        .working_directory = "/var/task",
                                        .input = nothing,
                                        .output = nothing,
                                        .error = nothing,
                                        .extra = -1,
                                        .mount = mount,
                                    });

    if (id > 0)
        ck_assert_int_eq(waitpid(id, &status, 0), id);
    (void)close(nothing);
    launcher_close(launcher);
    return id > 0 && WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

START_TEST(one_layer_is_bound_and_more_lie_over_each_other)
{
    char *layers[] = {"/usr/lib", "/a:b,c\\d", NULL};
    struct task_mount mount;

    if (!is_possible())
        return;
    ck_assert_ptr_null(prepare((struct string_list){0, layers}, true, &mount));
    ck_assert(mount.layer == NULL && mount.layers[0] == '\0');
    ck_assert_ptr_null(prepare((struct string_list){1, layers}, false, &mount));
    ck_assert_str_eq(mount.layer, "/usr/lib");
    ck_assert_str_eq(mount.layers, "");
    if (prepare((struct string_list){2, layers}, false, &mount) != NULL)
        return; /* without overlays */
    ck_assert_str_eq(mount.layers, "lowerdir=/a\\:b\\,c\\\\d:/usr/lib");
    ck_assert_ptr_null(prepare((struct string_list){1, layers}, true, &mount));
    ck_assert_str_eq(mount.layers, "lowerdir=/usr/lib:/opt");
    ck_assert_ptr_null(mount.layer);
}
END_TEST

START_TEST(paths_that_are_too_long_for_an_overlay_are_refused)
{
    static char path[TASK_MOUNT_OPTIONS_SIZE];
    char *layers[] = {"/usr", path, NULL};
    struct task_mount mount;

    if (!is_possible())
        return;
    for (size_t length = TASK_MOUNT_OPTIONS_SIZE - 40; length < TASK_MOUNT_OPTIONS_SIZE; length++) {
        memset(path, 'a', length);
        path[0] = '/';
        path[length] = '\0';
        const char *const problem = prepare((struct string_list){2, layers}, true, &mount);

        ck_assert(problem != NULL || strstr(mount.layers, ":/usr:/opt") != NULL);
        ck_assert_uint_lt(strlen(mount.layers), sizeof mount.layers);
    }
    ck_assert_ptr_nonnull(prepare((struct string_list){2, layers}, true, &mount));
}
END_TEST

START_TEST(a_process_sees_its_code_and_nobody_else_does)
{
    char *layers[] = {folder, NULL};
    char path[96];
    struct task_mount mount;

    if (!is_possible())
        return;
    (void)snprintf(path, sizeof path, "%s/file", folder);
    ck_assert_int_ge(close(open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600)), 0);
    ck_assert_ptr_null(prepare((struct string_list){1, layers}, false, &mount));
    ck_assert_int_eq(run(&mount, "test $PWD = /var/task && test -f file && test -f /opt/file"), 0);
    ck_assert_int_eq(mount.error, 0);
    ck_assert_int_ne(access("/opt/file", F_OK), 0);
    ck_assert_int_ne(access("/var/task/file", F_OK), 0);
    ck_assert_int_eq(unlink(path), 0);
}
END_TEST

START_TEST(what_can_not_be_mounted_starts_no_process)
{
    char *layers[] = {NULL};
    struct task_mount mount;

    if (!is_possible())
        return;
    ck_assert_ptr_null(prepare((struct string_list){0, layers}, false, &mount));
    mount.code = "/not/there";
    ck_assert_int_eq(run(&mount, "true"), -1);
    ck_assert_int_eq(mount.error, ENOENT);
}
END_TEST

START_TEST(it_is_told_once)
{
    ck_assert(task_mounts_tell(mounts));
    ck_assert(!task_mounts_tell(mounts));
    ck_assert(!task_mounts_tell(mounts));
}
END_TEST

Suite *unit_suite(void)
{
    Suite *suite = suite_create("task_mount");
    TCase *tcase = tcase_create("task_mount");

    tcase_set_timeout(tcase, 60);
    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_test(tcase, one_layer_is_bound_and_more_lie_over_each_other);
    tcase_add_test(tcase, paths_that_are_too_long_for_an_overlay_are_refused);
    tcase_add_test(tcase, a_process_sees_its_code_and_nobody_else_does);
    tcase_add_test(tcase, what_can_not_be_mounted_starts_no_process);
    tcase_add_test(tcase, it_is_told_once);
    suite_add_tcase(suite, tcase);
    return suite;
}
