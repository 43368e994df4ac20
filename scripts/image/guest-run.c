/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * guest-run.c: has a guest run a command, through XenStore (see guest-init), and prints what it
 * printed. Runs in dom0. It is a program because a shell would need seven, which on an emulated
 * machine takes longer than most commands.
 *
 *   guest-run GUEST SECONDS COMMAND     status: the command's; 124 without an answer in time
 *   guest-run --id GUEST                prints the number of its domain
 *
 * GUEST is a name or the number of a domain. Status 125: there is no such guest, or no XenStore.
 */
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <xenstore.h>

#define NO_ANSWER	124
#define NO_GUEST	125

static struct xs_handle *xs;
static char *domain;

/* What the guest's KEY holds, or NULL; for the caller to free. */
static char *get(const char *id, const char *key)
{
	unsigned int len;
	char path[64];

	snprintf(path, sizeof(path), "/local/domain/%s/%s", id, key);
	return xs_read(xs, XBT_NULL, path, &len);
}

/* The number of the domain called NAME, or NULL. */
static char *find(const char *name)
{
	unsigned int nr, i;
	char **ids = xs_directory(xs, XBT_NULL, "/local/domain", &nr), *id = NULL;

	for (i = 0; ids && i < nr && !id; i++) {
		char *its = get(ids[i], "name");

		if (!strcmp(ids[i], name) || (its && !strcmp(its, name)))
			id = strdup(ids[i]);
		free(its);
	}
	free(ids);
	return id;
}

/* The status that answers command N; -1 when there is none yet. */
static int answer(unsigned long n)
{
	char *ret = get(domain, "data/ret"), *end = ret;
	int status = -1;

	if (ret && strtoul(ret, &end, 10) == n && *end == ' ')
		status = atoi(end + 1) & 0xff;
	free(ret);
	return status;
}

static int wait_for(unsigned long n, time_t end)
{
	struct pollfd p = { .fd = xs_fileno(xs), .events = POLLIN };
	char **event;
	int status;

	while ((status = answer(n)) < 0) {
		if (time(NULL) >= end)
			return -1;
		poll(&p, 1, 1000);
		while ((event = xs_check_watch(xs)))
			free(event);
	}
	return status;
}

/*
 * Asks for COMMAND; one number after the other, so that each is seen as a new one. A restored guest is a
 * new domain, where nothing has been asked yet: the first number is not one that it knows. 0: could not.
 */
static unsigned long order(const char *command)
{
	char path[64], text[4096], *last = get(domain, "data/cmd");
	unsigned long n = last ? strtoul(last, NULL, 10) + 1 : (unsigned long)time(NULL);
	int len = snprintf(text, sizeof(text), "%lu %s", n, command);

	free(last);
	snprintf(path, sizeof(path), "/local/domain/%s/data/cmd", domain);
	return len > 0 && (size_t)len < sizeof(text) && xs_write(xs, XBT_NULL, path, text, len) ? n : 0;
}

int main(int argc, char **argv)
{
	int only_id = argc == 3 && !strcmp(argv[1], "--id"), status;
	char path[64], *out;
	unsigned long n;

	if (argc != 4 && !only_id) {
		fprintf(stderr, "usage: guest-run GUEST SECONDS COMMAND | guest-run --id GUEST\n");
		return NO_GUEST;
	}
	xs = xs_open(0);
	domain = xs ? find(argv[1 + only_id]) : NULL;
	if (!domain) {
		fprintf(stderr, "guest-run: %s %s\n", xs ? "there is no guest" : "no XenStore to ask about",
			argv[1 + only_id]);
		return NO_GUEST;
	}
	if (only_id) {
		puts(domain);
		return 0;
	}
	snprintf(path, sizeof(path), "/local/domain/%s/data/ret", domain);
	if (!xs_watch(xs, path, "ret") || !(n = order(argv[3]))) {
		fprintf(stderr, "guest-run: XenStore did not take the command\n");
		return NO_GUEST;
	}
	status = wait_for(n, time(NULL) + atoi(argv[2]));
	if (status < 0) {
		printf("guest %s did not answer in %s s to: %s\n", argv[1], argv[2], argv[3]);
		return NO_ANSWER;
	}
	out = get(domain, "data/out");
	if (out)
		puts(out);
	return status;
}
