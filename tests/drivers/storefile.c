/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * storefile.c: what a program may do to /dev/xen/xenbus, well-behaved and not; runs as root in a guest
 * or in dom0 whose XenBus is ours. Prints one line for each check that failed, and ends with 1 then.
 *
 *   storefile [ROUNDS]           rounds of random bytes (default 200)
 *   storefile hostile SECONDS    processes that do all at once what one of them should not do, until
 *                                they are killed; meanwhile and afterwards a request is answered
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { DIRECTORY = 1, READ, WATCH = 4, UNWATCH, START, END, WRITE = 11, RM = 13, EVENT = 15, ERROR,
       RESET = 21 };

struct hdr {
	uint32_t type, id, tx, len;
};

static struct hdr h;
static char body[8192];
static int failed;

static void check(int ok, const char *what)
{
	if (ok)
		return;
	printf("storefile: failed: %s (errno %d, type %u, body %.32s)\n", what, errno, h.type, body);
	failed = 1;
}

static int open_file(int flags)
{
	int fd = open("/dev/xen/xenbus", O_RDWR | flags);

	if (fd < 0) {
		perror("storefile: /dev/xen/xenbus");
		exit(1);
	}
	return fd;
}

static int readable(int fd, int ms)
{
	struct pollfd p = { fd, POLLIN, 0 };

	return poll(&p, 1, ms) == 1 && p.revents & POLLIN;
}

/* One message in pieces of STEP bytes; 0 or the errno. */
static int put(int fd, uint32_t type, uint32_t id, uint32_t tx, const void *data, uint32_t len,
	       size_t step)
{
	char buf[sizeof(struct hdr) + 8192];
	struct hdr out = { type, id, tx, len };
	size_t at = 0, size = sizeof(out) + len;

	memcpy(buf, &out, sizeof(out));
	memcpy(buf + sizeof(out), data, len);
	while (at < size) {
		ssize_t n = write(fd, buf + at, step < size - at ? step : size - at);

		if (n < 0)
			return errno;
		at += n;
	}
	return 0;
}

static int read_all(int fd, void *to, size_t len)
{
	size_t at = 0;

	while (at < len) {
		ssize_t n;

		if (!readable(fd, 5000))
			return -1;
		n = read(fd, (char *)to + at, len - at);
		if (n <= 0)
			return -1;
		at += n;
	}
	return 0;
}

/* The next message to h and body. */
static int get(int fd)
{
	memset(&h, 0, sizeof(h));
	memset(body, 0, sizeof(body));
	return read_all(fd, &h, sizeof(h)) || h.len > 4096 || read_all(fd, body, h.len) ? -1 : 0;
}

static int call(int fd, uint32_t type, uint32_t tx, const void *data, uint32_t len)
{
	static uint32_t id = 77;

	if (put(fd, type, ++id, tx, data, len, 1 << 20) || get(fd))
		return -1;
	while (h.type == EVENT)
		if (get(fd))
			return -1;
	return h.id == id ? 0 : -1;
}

static int is_error(const char *name)
{
	return h.type == ERROR && !strcmp(body, name);
}

static void pieces(void)
{
	int fd = open_file(0);

	for (size_t step = 1; step < 30; step += 4) {
		check(!put(fd, READ, 5, 0, "domid", 6, step), "write in pieces");
		check(!get(fd) && h.type == READ && h.id == 5 && h.len, "read in pieces");
	}
	/* Two messages in one write. */
	char two[2 * (sizeof(struct hdr) + 6)];
	struct hdr out = { READ, 8, 0, 6 };

	for (int i = 0; i < 2; i++) {
		memcpy(two + i * 22, &out, sizeof(out));
		memcpy(two + i * 22 + sizeof(out), "domid", 6);
		out.id++;
	}
	check(write(fd, two, sizeof(two)) == sizeof(two), "two messages at once");
	check(!get(fd) && h.id == 8 && !get(fd) && h.id == 9, "two replies");
	check(!readable(fd, 0), "nothing more to read");
	close(fd);
}

static void refusals(void)
{
	struct hdr big = { READ, 1, 0, 4097 };
	void *volatile bad = (void *)8;
	int fd = open_file(0);

	check(write(fd, &big, sizeof(big)) == sizeof(big) || errno == E2BIG, "header with 4097 bytes");
	check(write(fd, "x", 1) == -1 && errno == E2BIG, "body of 4097 bytes");
	big.len = 0xffffffff;
	check(write(fd, &big, sizeof(big)) == sizeof(big) && write(fd, "x", 1) == -1, "body of 4 GiB");
	check(!call(fd, READ, 0, "domid", 6) && h.type == READ, "usable after that");
	check(!call(fd, 12345, 0, "", 0) && is_error("EINVAL"), "unknown type");
	check(!call(fd, EVENT, 0, "", 0) && is_error("EINVAL"), "event from a program");
	check(!call(fd, RESET, 0, "", 1) && is_error("EACCES"), "reset of watches");
	check(!call(fd, READ, 99, "domid", 6) && is_error("ENOENT"), "foreign transaction");
	check(!call(fd, END, 99, "T", 2) && is_error("ENOENT"), "end of a foreign transaction");
	check(!call(fd, END, 0, "T", 2) && is_error("ENOENT"), "end of no transaction");
	check(!call(fd, WATCH, 0, "nozero", 6) && is_error("EINVAL"), "watch without strings");
	check(!call(fd, UNWATCH, 0, "a\0b", 4) && is_error("ENOENT"), "unwatch of nothing");
	check(!call(fd, READ, 0, "no/such/node", 13) && is_error("ENOENT"), "no such node");
	check(!call(fd, READ, 0, "bad path", 9) && h.type == ERROR, "bad path");
	check(write(fd, bad, 4) == -1 && errno == EFAULT, "bad address");
	close(fd);
}

/* More transactions and watches than the store allows, each left open by a file that is closed. */
static void cleanup(void)
{
	for (int i = 0; i < 40; i++) {
		int fd = open_file(0);

		check(!call(fd, START, 0, "", 1) && h.type == START, "transaction after many");
		check(!call(fd, WATCH, 0, "data\0tok", 9) && h.type == WATCH, "watch after many");
		put(fd, START, 3, 0, "", 1, 99);	/* closed before its reply */
		close(fd);
	}
}

static void watches(void)
{
	int fd = open_file(0), other = open_file(O_NONBLOCK), events = 0;

	check(!call(fd, WATCH, 0, "data/sf\0token", 14) && h.type == WATCH, "watch");
	check(!call(fd, WATCH, 0, "data/sf\0token", 14) && is_error("EEXIST"), "watch twice");
	for (int i = 0; i < 300; i++)
		check(!call(other, WRITE, 0, "data/sf\0v", 9) && h.type == WRITE, "write");
	while (readable(fd, 500) && !get(fd)) {
		check(h.type == EVENT && !strcmp(body, "data/sf") && !strcmp(body + 8, "token"), "event");
		events++;
	}
	check(events >= 1 && events <= 302, "number of events");
	check(!call(fd, UNWATCH, 0, "data/sf\0token", 14) && h.type == UNWATCH, "unwatch");
	check(!call(other, RM, 0, "data/sf", 8) && h.type == RM, "rm");
	check(!readable(fd, 300), "no event after unwatch");
	check(read(other, body, 16) == -1 && errno == EAGAIN, "nothing to read");
	close(other);
	close(fd);
}

static void too_many_requests(void)
{
	int fd = open_file(O_NONBLOCK), n = 0, err = 0;

	while (n < 2000 && !(err = put(fd, READ, n, 0, "domid", 6, 99)))
		n++;
	check(err == EAGAIN && n >= 200 && n < 2000, "bounded number of requests");
	fcntl(fd, F_SETFL, 0);
	for (int i = 0; i < n; i++)
		check(!get(fd) && h.id == (uint32_t)i, "reply in order");
	check(!call(fd, READ, 0, "domid", 6), "usable after that");
	close(fd);
}

/* Processes that count one number up, by transactions that collide. */
static void collisions(void)
{
	char text[64];

	for (int p = 0; p < 4; p++) {
		if (fork())
			continue;
		int fd = open_file(0);

		for (int i = 0; i < 20;) {
			uint32_t t, v;
			int n;

			if (call(fd, START, 0, "", 1) || h.type != START)
				_exit(1);
			t = strtoul(body, NULL, 10);
			v = call(fd, READ, t, "data/n", 7) || h.type != READ ? 0 : strtoul(body, NULL, 10);
			n = sprintf(text, "data/n%c%u", 0, v + 1);
			call(fd, WRITE, t, text, n);
			if (call(fd, END, t, "T", 2))
				_exit(1);
			i += h.type == END;
		}
		_exit(0);
	}
	for (int p = 0, st; p < 4; p++) {
		wait(&st);
		check(!st, "a process that counts");
	}
	int fd = open_file(0);

	check(!call(fd, READ, 0, "data/n", 7) && !strcmp(body, "80"), "each count once");
	call(fd, RM, 0, "data/n", 7);
	close(fd);
}

static void random_bytes(int rounds)
{
	for (int r = 0; r < rounds; r++) {
		int fd = open_file(O_NONBLOCK);

		for (int i = 0; i < 20; i++) {
			struct hdr out = { rand() % 24, rand(), rand() % 3 ? 0 : rand() % 4, rand() % 64 };
			char junk[64];

			/* Not what would tell the store that a domain is gone, or ask it to end. */
			if (!out.type || (out.type >= 8 && out.type <= 10) || out.type >= 17)
				out.type = READ;
			for (int k = 0; k < 64; k++)
				junk[k] = rand() % 5 ? "data/x"[k % 7] : rand();
			if (write(fd, &out, sizeof(out)) < 0 || write(fd, junk, rand() % 64) < 0)
				read(fd, body, rand() % sizeof(body));
			if (!(rand() % 4))
				read(fd, body, rand() % sizeof(body));
		}
		close(fd);
	}
	int fd = open_file(0);

	check(!call(fd, READ, 0, "domid", 6) && h.type == READ, "usable after random bytes");
	close(fd);
}

/* ---- hostile: each of these never returns */

static void never_reads(void)
{
	int fd = open_file(0);

	for (uint32_t i = 0;; i++)
		put(fd, i % 3 ? READ : DIRECTORY, i, 0, i % 3 ? "domid" : ".", i % 3 ? 6 : 2, 1 << 20);
}

static void many_files(void)
{
	for (;;) {
		int fd[60];

		for (int i = 0; i < 60; i++) {
			fd[i] = open_file(O_NONBLOCK);
			for (uint32_t k = 0; k < 300; k++)
				if (put(fd[i], WRITE, k, 0, "data/hf\0value", 13, 1 << 20))
					break;
		}
		for (int i = 0; i < 60; i++)
			close(fd[i]);
	}
}

static void transactions(void)
{
	int fd = open_file(O_NONBLOCK);

	for (uint32_t i = 0;; i++) {
		put(fd, START, i, 0, "", 1, 1 << 20);
		put(fd, WRITE, i, i % 50, "data/ht\0v", 10, 1 << 20);
		if (i % 100 == 99) {
			close(fd);
			fd = open_file(O_NONBLOCK);
		}
		while (i % 3 && readable(fd, 0))
			if (read(fd, body, sizeof(body)) <= 0)
				break;
	}
}

/* Watches whose events are never read, and somebody who fires them all. */
static void floods(void)
{
	static char big[4000];
	int fd = open_file(0), n;
	char text[64];

	memset(big, 'x', sizeof(big));
	memcpy(big, "data/hw", 8);
	for (int i = 0; i < 100; i++) {
		n = sprintf(text, "data%ctoken%d", 0, i);
		if (put(fd, WATCH, i, 0, text, n + 1, 1 << 20))
			break;
	}
	fd = open_file(0);
	for (;;)
		call(fd, WRITE, 0, big, sizeof(big));
}

static void halves(void)
{
	for (;;) {
		struct hdr out = { WRITE, 1, 0, 4000 };
		int fd = open_file(0);

		if (write(fd, &out, rand() % sizeof(out) + 1) < 0 || write(fd, body, rand() % 4000) < 0)
			usleep(1000);
		if (!(rand() % 8))
			close(fd);
		else if (fd > 200)
			_exit(0);
		usleep(1000);
	}
}

/* Replies of 4 KiB that are read byte by byte. */
static void slow_reader(void)
{
	static char big[4096];
	int fd = open_file(O_NONBLOCK);

	memset(big, 'y', sizeof(big));
	memcpy(big, "data/hb", 8);
	for (uint32_t i = 0;; i++) {
		put(fd, WRITE, i, 0, big, sizeof(big), 1 << 20);
		put(fd, READ, i, 0, "data/hb", 8, 1 << 20);
		for (int k = 0; k < 100; k++)
			if (read(fd, body, 1) <= 0)
				break;
	}
}

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec + t.tv_nsec / 1e9;
}

/* A well-behaved request among all that: how long its answer takes. */
static double asked(int fd)
{
	static uint32_t id = 1000;
	double t0 = now();
	int there = 0;

	put(fd, READ, ++id, 0, "domid", 6, 1 << 20);
	while (!there && now() - t0 < 60)
		there = readable(fd, 1000) && !get(fd) && h.id == id;
	check(there && h.type == READ, "a request is answered within a minute");
	return now() - t0;
}

static void hostile(int seconds)
{
	static void (*const all[])(void) = {
		never_reads, many_files, transactions, floods, halves, slow_reader, never_reads,
	};
	enum { N = sizeof(all) / sizeof(*all) };
	double longest = 0, end = now() + seconds, t;
	int fd = open_file(0);
	pid_t pids[N];

	for (int i = 0; i < N; i++) {
		pids[i] = fork();
		if (!pids[i]) {
			srand(i);
			all[i]();
		}
	}
	while (now() < end) {
		t = asked(fd);
		longest = t > longest ? t : longest;
		usleep(100000);
	}
	for (int i = 0; i < N; i++)
		kill(pids[i], SIGKILL);
	for (int i = 0; i < N; i++)
		waitpid(pids[i], NULL, 0);
	t = asked(fd);
	printf("storefile: an answer took %.2f s at most, afterwards %.2f s\n", longest, t);
	close(fd);
}

int main(int argc, char **argv)
{
	if (argc > 2 && !strcmp(argv[1], "hostile")) {
		hostile(atoi(argv[2]));
		printf("storefile: %s\n", failed ? "failed" : "all well");
		return failed;
	}
	pieces();
	refusals();
	cleanup();
	watches();
	too_many_requests();
	collisions();
	random_bytes(argc > 1 ? atoi(argv[1]) : 200);
	printf("storefile: %s\n", failed ? "failed" : "all well");
	return failed;
}
