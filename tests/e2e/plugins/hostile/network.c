// SPDX-License-Identifier: Apache-2.0
// Sockets: of every family, and what can be done with the ones that are there.

#include "hostile.h"

#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/un.h>

static int pair[2];
static struct sockaddr_un abstract = {AF_UNIX, "\0medina"};
static char byte[16];
static struct iovec piece = {byte, 1};
static union {
    char space[CMSG_SPACE(sizeof(int))];
    struct cmsghdr header;
} control = {.header = {CMSG_LEN(sizeof(int)), SOL_SOCKET, SCM_RIGHTS}};
static struct msghdr message = {.msg_iov = &piece,
                                .msg_iovlen = 1,
                                .msg_control = &control,
                                .msg_controllen = sizeof control};
static struct mmsghdr messages[1];

#define FAMILY(name, number)                                                                       \
    {                                                                                              \
        "socket " #name, SYS_socket, {number, SOCK_STREAM, 0}, NULL                                \
    }
#define CALL(name, ...)                                                                            \
    {                                                                                              \
#name, SYS_##name, {__VA_ARGS__ }, NULL                                                    \
    }

static const struct attempt attempts[] = {
    FAMILY(UNSPEC, 0),
    FAMILY(UNIX, 1),
    FAMILY(INET, 2),
    FAMILY(AX25, 3),
    FAMILY(IPX, 4),
    FAMILY(APPLETALK, 5),
    FAMILY(NETROM, 6),
    FAMILY(BRIDGE, 7),
    FAMILY(ATMPVC, 8),
    FAMILY(X25, 9),
    FAMILY(INET6, 10),
    FAMILY(ROSE, 11),
    FAMILY(DECNET, 12),
    FAMILY(NETBEUI, 13),
    FAMILY(SECURITY, 14),
    FAMILY(KEY, 15),
    FAMILY(NETLINK, 16),
    FAMILY(PACKET, 17),
    FAMILY(ASH, 18),
    FAMILY(ECONET, 19),
    FAMILY(ATMSVC, 20),
    FAMILY(RDS, 21),
    FAMILY(SNA, 22),
    FAMILY(IRDA, 23),
    FAMILY(PPPOX, 24),
    FAMILY(WANPIPE, 25),
    FAMILY(LLC, 26),
    FAMILY(IB, 27),
    FAMILY(MPLS, 28),
    FAMILY(CAN, 29),
    FAMILY(TIPC, 30),
    FAMILY(BLUETOOTH, 31),
    FAMILY(IUCV, 32),
    FAMILY(RXRPC, 33),
    FAMILY(ISDN, 34),
    FAMILY(PHONET, 35),
    FAMILY(IEEE802154, 36),
    FAMILY(CAIF, 37),
    FAMILY(ALG, 38),
    FAMILY(NFC, 39),
    FAMILY(VSOCK, 40),
    FAMILY(KCM, 41),
    FAMILY(QIPCRTR, 42),
    FAMILY(SMC, 43),
    FAMILY(XDP, 44),
    FAMILY(MCTP, 45),
    {"raw socket", SYS_socket, {AF_INET, SOCK_RAW, 1}, NULL},
    {"netlink of audit", SYS_socket, {AF_NETLINK, SOCK_RAW, 9}, NULL},
    CALL(socketpair, AF_UNIX, SOCK_STREAM, 0, ADDRESS(pair)),
    CALL(connect, 4, ADDRESS(&abstract), sizeof abstract),
    CALL(bind, 4, ADDRESS(&abstract), sizeof abstract),
    CALL(listen, 4, 8),
    CALL(accept, 4, 0, 0),
    CALL(accept4, 4, 0, 0, 0),
    {"pass a descriptor", SYS_sendmsg, {4, ADDRESS(&message), 0}, NULL},
    {"take a descriptor", SYS_recvmsg, {4, ADDRESS(&message), 0}, NULL},
    {"pass a descriptor on a loop's socket", SYS_sendmsg, {6, ADDRESS(&message), 0}, NULL},
    CALL(sendmmsg, 4, ADDRESS(messages), 1, 0),
    CALL(recvmmsg, 4, ADDRESS(messages), 1, 0, 0),
    CALL(sendto, 4, ADDRESS(byte), 1, 0, ADDRESS(&abstract), sizeof abstract),
    CALL(recvfrom, 4, ADDRESS(byte), 1, 0, 0, 0),
    CALL(shutdown, 4, 2),
    CALL(getsockname, 4, ADDRESS(byte), ADDRESS(pair)),
    CALL(getpeername, 4, ADDRESS(byte), ADDRESS(pair)),
    {"credentials of the host", SYS_getsockopt, {4, SOL_SOCKET, SO_PEERCRED, ADDRESS(byte), 0}},
    {"credentials of its own", SYS_setsockopt, {4, SOL_SOCKET, SO_PASSCRED, ADDRESS(pair), 4}},
};
THEME(network_theme, attempts);
