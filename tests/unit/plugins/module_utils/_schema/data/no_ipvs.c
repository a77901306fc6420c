/* SPDX-License-Identifier: GPL-3.0-or-later
 * Copyright: (c) 2026, openvip.cluster contributors
 *
 * Loaded before libnl, it lets keepalived's checker process believe that a kernel without IPVS has it: every request
 * is answered by an acknowledgement. The process then goes on to say what it has understood of its configuration.
 */

struct socket;
struct message;

/* NL_CB_ACK of netlink/handlers.h: what libnl calls for an acknowledgement */
enum { ACKNOWLEDGEMENT = 4, FAMILY = 20 };

static int *acknowledged;

int genl_connect(struct socket *socket)
{
	(void)socket;
	return 0;
}

int genl_ctrl_resolve(struct socket *socket, const char *name)
{
	(void)socket;
	(void)name;
	return FAMILY;
}

int nl_socket_modify_cb(struct socket *socket, int type, int kind, void *function, void *argument)
{
	(void)socket;
	(void)kind;
	(void)function;
	if (type == ACKNOWLEDGEMENT)
		acknowledged = argument;
	return 0;
}

int nl_send_auto(struct socket *socket, struct message *message)
{
	(void)socket;
	(void)message;
	return 1;
}

int nl_recvmsgs_default(struct socket *socket)
{
	(void)socket;
	if (acknowledged)
		*acknowledged = 1;
	return 0;
}
