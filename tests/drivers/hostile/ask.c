/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * ask.c: has a guest run a command, through XenStore (see guest-init), and prints what it printed.
 * Runs in dom0; one process where a shell needs seven, which is most of a scenario's time.
 *
 *   ask DOMAIN SECONDS COMMAND
 *
 * Status 0, 124 when the guest has not answered in time, 125 when XenStore does not serve us.
 */
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <xenstore.h>

static struct xs_handle *xs;
static const char *domain;

/* What data/KEY of the guest holds, or NULL; for the caller to free. */
static char *get(const char *key)
{
	unsigned int len;
	char path[64];

	snprintf(path, sizeof(path), "/local/domain/%s/data/%s", domain, key);
	return xs_read(xs, XBT_NULL, path, &len);
}

/* True: the answer to command N is there. */
static int answered(unsigned long n)
{
	char *ret = get("ret"), *end = ret;
	int is = ret && strtoul(ret, &end, 10) == n && *end == ' ';

	free(ret);
	return is;
}

/* Asks for command N; one number after the other, so that each is seen as a new one. */
static int order(unsigned long n, const char *command)
{
	char path[64], text[4096];
	int len = snprintf(text, sizeof(text), "%lu %s", n, command);

	if (len < 0 || (size_t)len >= sizeof(text))
		return 0;
	snprintf(path, sizeof(path), "/local/domain/%s/data/cmd", domain);
	return xs_write(xs, XBT_NULL, path, text, len);
}

static int wait_for(unsigned long n, time_t end)
{
	struct pollfd p = { .fd = xs_fileno(xs), .events = POLLIN };
	char **event;

	while (!answered(n)) {
		if (time(NULL) >= end)
			return 0;
		poll(&p, 1, 1000);
		while ((event = xs_check_watch(xs)))
			free(event);
	}
	return 1;
}

int main(int argc, char **argv)
{
	char path[64], *last, *out;
	unsigned long n;

	if (argc != 4)
		return 125;
	domain = argv[1];
	xs = xs_open(0);
	snprintf(path, sizeof(path), "/local/domain/%s/data/ret", domain);
	if (!xs || !xs_watch(xs, path, "ret"))
		return 125;
	last = get("cmd");
	n = last ? strtoul(last, NULL, 10) + 1 : 1;
	if (!order(n, argv[3]))
		return 125;
	if (!wait_for(n, time(NULL) + atoi(argv[2]))) {
		printf("the guest did not answer in %s s to: %s\n", argv[2], argv[3]);
		return 124;
	}
	out = get("out");
	if (out)
		puts(out);
	return 0;
}
