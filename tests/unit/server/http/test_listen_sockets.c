#include "server/http/listen_sockets.h"

#include "tests/support/unit.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { ADDRESSES_MAX = 12 };

static struct sockaddr_in values[ADDRESSES_MAX];
static struct addrinfo addresses[ADDRESSES_MAX];

/* 127.0.0.1 and up, as a name of several addresses has them. */
static const struct addrinfo *make_addresses(int count)
{
    for (int i = 0; i < count; i++) {
        values[i] = (struct sockaddr_in){.sin_family = AF_INET};
        values[i].sin_addr.s_addr = htonl(INADDR_LOOPBACK + (uint32_t)i);
        addresses[i] = (struct addrinfo){.ai_family = AF_INET,
                                         .ai_socktype = SOCK_STREAM,
                                         .ai_addr = (struct sockaddr *)&values[i],
                                         .ai_addrlen = sizeof values[i],
                                         .ai_next = i + 1 < count ? &addresses[i + 1] : NULL};
    }
    return addresses;
}

static void set_address(int index, const char *text)
{
    ck_assert_int_eq(inet_pton(AF_INET, text, &values[index].sin_addr), 1);
}

static bool is_listening(const char *address, unsigned short port)
{
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(port)};
    const int file = socket(AF_INET, SOCK_STREAM, 0);
    bool is_connected;

    ck_assert_int_eq(inet_pton(AF_INET, address, &to.sin_addr), 1);
    is_connected = connect(file, (struct sockaddr *)&to, sizeof to) == 0;
    (void)close(file);
    return is_connected;
}

START_TEST(every_address_of_a_name_is_listened_on_at_one_port)
{
    struct listen_sockets sockets;

    ck_assert_int_eq(listen_sockets_bind(&sockets, make_addresses(3), 0), 0);
    ck_assert_uint_eq(sockets.count, 3);
    ck_assert_uint_ne(sockets.port, 0);
    ck_assert(is_listening("127.0.0.1", sockets.port));
    ck_assert(is_listening("127.0.0.3", sockets.port));
    ck_assert(!is_listening("127.0.0.4", sockets.port));
    listen_sockets_close(&sockets);
    ck_assert(!is_listening("127.0.0.3", sockets.port));
}
END_TEST

START_TEST(an_address_that_stands_twice_is_opened_once)
{
    struct listen_sockets sockets;

    (void)make_addresses(3);
    set_address(2, "127.0.0.1");
    ck_assert_int_eq(listen_sockets_bind(&sockets, addresses, 0), 0);
    ck_assert_uint_eq(sockets.count, 2);
    listen_sockets_close(&sockets);
}
END_TEST

START_TEST(addresses_that_the_machine_does_not_have_are_left_out)
{
    struct listen_sockets sockets;

    (void)make_addresses(2);
    set_address(0, "203.0.113.1"); /* for documentation only */
    ck_assert_int_eq(listen_sockets_bind(&sockets, addresses, 0), 0);
    ck_assert_uint_eq(sockets.count, 1);
    ck_assert(is_listening("127.0.0.2", sockets.port));
    listen_sockets_close(&sockets);
    addresses[0].ai_next = NULL;
    ck_assert_int_eq(listen_sockets_bind(&sockets, addresses, 0), EADDRNOTAVAIL);
    ck_assert_uint_eq(sockets.count, 0);
}
END_TEST

START_TEST(a_port_that_is_taken_at_one_address_is_taken)
{
    struct listen_sockets other, sockets;

    ck_assert_int_eq(listen_sockets_bind(&other, &make_addresses(2)[1], 0), 0);
    ck_assert_int_eq(listen_sockets_bind(&sockets, addresses, other.port), EADDRINUSE);
    ck_assert_uint_eq(sockets.count, 0);
    listen_sockets_close(&other);
}
END_TEST

START_TEST(more_addresses_than_there_is_room_for_are_left_out)
{
    struct listen_sockets sockets;

    ck_assert_int_eq(listen_sockets_bind(&sockets, make_addresses(ADDRESSES_MAX), 0), 0);
    ck_assert_uint_eq(sockets.count, LISTEN_SOCKETS_MAX);
    listen_sockets_close(&sockets);
}
END_TEST

START_TEST(what_is_wrong_is_said)
{
    struct listen_sockets sockets, other;
    char why[LISTEN_ERROR_SIZE] = "", expected[LISTEN_ERROR_SIZE];

    ck_assert(!listen_sockets_open(&sockets, "no such host", 0, why));
    ck_assert_msg(strncmp(why, "can't listen on no such host: ", 30) == 0, "%s", why);
    ck_assert(!listen_sockets_open(&sockets, "203.0.113.1", 0, why));
    ck_assert_str_eq(why, "can't listen on port 0 of 203.0.113.1: Cannot assign requested address; "
                          "choose another with --host or --port");
    ck_assert(listen_sockets_open(&other, "localhost", 0, why));
    ck_assert(!listen_sockets_open(&sockets, "127.0.0.1", other.port, why));
    (void)snprintf(expected, sizeof expected, "port %u of 127.0.0.1 is taken: ", other.port);
    ck_assert_msg(strncmp(why, expected, strlen(expected)) == 0, "%s", why);
    listen_sockets_close(&other);
}
END_TEST

Suite *unit_suite(void)
{
    Suite *suite = suite_create("listen_sockets");
    TCase *tcase = tcase_create("listen_sockets");

    tcase_add_test(tcase, every_address_of_a_name_is_listened_on_at_one_port);
    tcase_add_test(tcase, an_address_that_stands_twice_is_opened_once);
    tcase_add_test(tcase, addresses_that_the_machine_does_not_have_are_left_out);
    tcase_add_test(tcase, a_port_that_is_taken_at_one_address_is_taken);
    tcase_add_test(tcase, more_addresses_than_there_is_room_for_are_left_out);
    tcase_add_test(tcase, what_is_wrong_is_said);
    suite_add_tcase(suite, tcase);
    return suite;
}
