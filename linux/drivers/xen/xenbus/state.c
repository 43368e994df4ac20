/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * state.c: see state.h. Plain C.
 */
#include "state.h"

static bool name_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
		c == '-' || c == '_' || c == '@' || c == '.' || c == ':';
}

/* Copies one component; its length, or -EINVAL. */
static int take_component(const char *from, char *to, unsigned int size)
{
	unsigned int n;

	for (n = 0; from[n] && from[n] != '/'; n++) {
		if (n + 1 >= size || !name_char(from[n]))
			return -EINVAL;
		to[n] = from[n];
	}
	to[n] = 0;
	return n ? (int)n : -EINVAL;
}

int xb_bus_path_parse(bool backend, const char *path, struct xb_bus_path *out)
{
	const char *root = backend ? "backend" : "device";
	const char *p = path;
	char part[XB_BUS_TYPE_SIZE];
	int n;

	memset(out, 0, sizeof(*out));
	for (;;) {
		n = take_component(p, part, sizeof(part));
		if (n < 0)
			return n;
		p += n;
		if (!out->levels && strcmp(part, root))
			return -EINVAL;
		if (out->levels == 1)
			strcpy(out->type, part);
		if (++out->levels == XB_BUS_LEVELS(backend)) {
			strcpy(out->id, part);
			break;
		}
		if (!*p)
			break;
		p++;
	}
	if ((size_t)(p - path) >= sizeof(out->node))
		return -EINVAL;
	memcpy(out->node, path, p - path);
	out->deeper = *p;
	return 0;
}

int xb_state_parse(const char *text, unsigned int len)
{
	if (len == 1 && text[0] >= '1' && text[0] < '0' + XB_ST_NR)
		return text[0] - '0';
	return XB_ST_UNKNOWN;
}

bool xb_state_wants_device(bool backend, int state, bool online, bool scan)
{
	switch (state) {
	case XB_ST_UNKNOWN:
		return false;
	case XB_ST_INITIALISING:
		return true;
	case XB_ST_CLOSING:
	case XB_ST_CLOSED:
		/* Backends that are not to stay are on their way out. */
		return scan && (!backend || online);
	default:
		return scan;
	}
}

int xb_bus_device_name(bool backend, const struct xb_bus_path *p, unsigned int domid,
		       char name[XB_BUS_ID_SIZE])
{
	int n;

	if (backend)
		n = snprintf(name, XB_BUS_ID_SIZE, "%s-%u-%s", p->type, domid, p->id);
	else
		n = snprintf(name, XB_BUS_ID_SIZE, "%s-%s", p->type, p->id);
	return n < (int)XB_BUS_ID_SIZE ? 0 : -ENAMETOOLONG;
}

bool xb_state_otherend_ok(const char *path)
{
	size_t n = 0;

	if (!*path || !strcmp(path, "/"))
		return false;
	for (; path[n]; n++) {
		if (n >= 1024 || (path[n] != '/' && !name_char(path[n])))
			return false;
		if (path[n] == '/' && (path[n + 1] == '/' || !path[n + 1]))
			return false;
	}
	return true;
}

int xb_vcpu_of_path(const char *path)
{
	int cpu = 0;

	if (strncmp(path, "cpu/", 4))
		return -EINVAL;
	path += 4;
	if (*path < '0' || *path > '9')
		return -EINVAL;
	for (; *path >= '0' && *path <= '9'; path++) {
		cpu = cpu * 10 + (*path - '0');
		if (cpu > 65535)
			return -EINVAL;
	}
	return !*path || !strcmp(path, "/availability") ? cpu : -EINVAL;
}

u64 xb_balloon_target(u64 target_kib, s64 diff_pages)
{
	u64 pages = target_kib >> (XB_PAGE_SHIFT - 10);

	if (diff_pages > 0 && (u64)diff_pages >= pages)
		return 0;
	return pages - (u64)diff_pages;
}
