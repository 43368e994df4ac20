/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * job.c: a job from its arguments to its end: words, failure, log, deadline. See hotplug.h.
 *
 * INVARIANTS: the first failure is the one that is told. The log gets one line for each job, in one
 * write, so that lines of jobs that run side by side do not mix.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "hotplug.h"
#include "store.h"

#define GRACE	4	/* seconds to undo and to tell, after the deadline */

static volatile sig_atomic_t passed;
static struct timespec started;

static const char *place(const char *name, const char *usual)
{
	const char *p = getenv(name);

	return p && *p ? p : usual;
}

const char *place_run(void)
{
	return place("KRYPTON_HOTPLUG_RUN", "/run/xen-hotplug");
}

const char *place_log(void)
{
	return place("KRYPTON_HOTPLUG_LOG", "/var/log/xen/xen-hotplug.log");
}

const char *place_sys(void)
{
	return place("KRYPTON_HOTPLUG_SYS", "/sys");
}

const char *place_hooks(void)
{
	return place("KRYPTON_HOTPLUG_HOOKS", "/etc/xen/scripts/vif-post.d");
}

/* ---- the deadline */
static unsigned int limit(void)
{
	const char *p = getenv("KRYPTON_HOTPLUG_DEADLINE");
	int n = p ? atoi(p) : 0;

	return n > 0 ? n : DEADLINE;
}

static void on_alarm(int sig)
{
	static const char stuck[] =
		"krypton-hotplug: XenStore does not answer; remedy: is xenstored running?\n";

	(void)sig;
	if (passed) {
		if (write(STDERR_FILENO, stuck, sizeof(stuck) - 1) < 0)
			_exit(2);
		_exit(1);
	}
	passed = 1;
	alarm(limit() < GRACE ? limit() : GRACE);
}

void deadline_start(void)
{
	struct sigaction a = { .sa_handler = on_alarm };

	clock_gettime(CLOCK_MONOTONIC, &started);
	sigaction(SIGALRM, &a, NULL);
	signal(SIGPIPE, SIG_IGN);
	alarm(limit());
}

void deadline_end(void)
{
	alarm(0);
	signal(SIGPIPE, SIG_DFL);
}

bool deadline_passed(void)
{
	return passed;
}

static long elapsed_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (now.tv_sec - started.tv_sec) * 1000000 + (now.tv_nsec - started.tv_nsec) / 1000;
}

unsigned int deadline_left_ms(void)
{
	long left = limit() * 1000L - elapsed_us() / 1000;

	return left > 0 && !passed ? left : 0;
}

/* ---- words */
char *keep(struct job *job, char *text)
{
	if (!text)
		return NULL;
	if (job->nr_kept % 16 == 0) {
		char **more = realloc(job->kept, (job->nr_kept + 16) * sizeof(*more));

		if (!more)
			abort();
		job->kept = more;
	}
	job->kept[job->nr_kept++] = text;
	return text;
}

const char *job_word(struct job *job, const char *name)
{
	size_t n = strlen(name);

	for (char **a = job->args; a && *a; a++)
		if (!strncmp(*a, name, n) && (*a)[n] == '=')
			return *a + n + 1;
	return getenv(name);
}

int job_parse_path(struct job *job)
{
	char rest;
	const char *p = job->path;

	if (!strncmp(p, "/local/domain/", 14)) {
		p += 14 + strspn(p + 14, "0123456789");
		if (*p++ != '/')
			return -1;
	}
	return sscanf(p, "backend/%15[a-z0-9]/%u/%u%c", job->type, &job->domid, &job->devid,
		      &rest) == 3 ? 0 : -1;
}

/* ---- the end */
int fail(struct job *job, const char *remedy, const char *fmt, ...)
{
	va_list ap;
	int n;

	if (*job->error)
		return -1;
	va_start(ap, fmt);
	n = vsnprintf(job->error, sizeof(job->error), fmt, ap);
	va_end(ap);
	if (n >= 0 && (size_t)n < sizeof(job->error) && remedy)
		snprintf(job->error + n, sizeof(job->error) - n, "; remedy: %s", remedy);
	/* One line, whatever was read. */
	for (char *p = job->error; *p; p++)
		if (*p == '\n')
			*p = ' ';
	return -1;
}

void done(struct job *job, const char *fmt, ...)
{
	size_t n = strlen(job->done);
	va_list ap;

	if (n && n + 2 < sizeof(job->done))
		n += strlen(strcpy(job->done + n, ", "));
	va_start(ap, fmt);
	vsnprintf(job->done + n, sizeof(job->done) - n, fmt, ap);
	va_end(ap);
}

static void log_line(const struct job *job, int rc)
{
	const char *what = "nothing to do";
	char line[1200], when[32];
	time_t now = time(NULL);
	long us = elapsed_us();
	int fd, n;

	strftime(when, sizeof(when), "%Y-%m-%dT%H:%M:%SZ", gmtime(&now));
	if (!rc && *job->done)
		what = job->done;
	else if (rc)
		what = job->error;
	n = snprintf(line, sizeof(line), "%s %s %s %s: %s%s (%ld.%03ld ms)\n", when, job->script,
		     job->command ? job->command : "-", job->path ? job->path : "-",
		     rc ? "error: " : "", what, us / 1000, us % 1000);
	if (n >= (int)sizeof(line))
		n = sizeof(line) - 1;
	fd = open(place_log(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0640);
	if (fd < 0)
		return;
	if (write(fd, line, n) != n)
		fprintf(stderr, "krypton-hotplug: %s cannot be written\n", place_log());
	close(fd);
}

int job_end(struct job *job, int rc)
{
	if (rc) {
		fail(job, "look at the system's log", "failed for an unknown reason");
		fprintf(stderr, "%s: error: %s\n", job->script, job->error);
		/* The log first: the store may be what is stuck. */
		log_line(job, rc);
		store_tell_error(job);
	} else {
		log_line(job, 0);
	}
	store_close(job);
	for (unsigned int i = 0; i < job->nr_kept; i++)
		free(job->kept[i]);
	free(job->kept);
	return rc ? 1 : 0;
}
