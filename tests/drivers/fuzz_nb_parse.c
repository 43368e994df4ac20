/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * fuzz_nb_parse.c: a guest's whole TX ring, parsed to its end; frames; requests of the control
 * ring.
 *
 * SOURCES: linux/drivers/xen/netback/tx_parse.c linux/drivers/xen/netback/packet.c
 * SOURCES: linux/drivers/xen/netback/hash.c linux/drivers/xen/netback/ctrl_parse.c
 * SOURCES: linux/drivers/xen/netback/credit.c
 */
#include <stdlib.h>
#include <netback/credit.h>
#include <netback/ctrl_parse.h>
#include <netback/tx_parse.h>

#define must(x) do { if (!(x)) abort(); } while (0)

static void fuzz_ring(const uint8_t *data, size_t size)
{
	static union nb_tx_slot ring[NB_RING_SIZE];
	u32 first = size ? data[0] : 0, left, i, sum;
	enum nb_tx_verdict v;
	struct nb_tx_packet p;

	memset(ring, 0, sizeof(ring));
	memcpy(ring, data, size < sizeof(ring) ? size : sizeof(ring));
	left = (u32)(size / sizeof(ring[0]));
	left = left > NB_RING_SIZE ? NB_RING_SIZE : left;
	while (left) {
		v = nb_tx_parse(ring, first, left, 20, &p);
		if (v == NB_TX_FATAL) {
			must(p.why);
			break;
		}
		must(p.slots && p.slots <= left);
		if (v == NB_TX_PACKET) {
			must(p.nr_frags >= 1 && p.nr_frags <= NB_TX_FRAGS_MAX);
			must(p.slots == p.nr_frags + p.nr_extra);
			for (i = 0, sum = 0; i < p.nr_frags; i++) {
				must(p.frag[i].offset + p.frag[i].size <= 4096);
				sum += p.frag[i].size;
			}
			must(sum == p.len && p.len >= NB_TX_LEN_MIN && p.len <= 65535);
			must(!p.gso_size || p.gso_type == 1 || p.gso_type == 2);
		}
		left -= p.slots;
		first += p.slots;
	}
}

static void fuzz_frame(const uint8_t *data, size_t size)
{
	static struct nb_hash h = { .alg = NB_HASH_TOEPLITZ, .flags = NB_HASH_FLAGS };
	struct nb_headers hdr;
	u32 value = 0, type;

	nb_headers_find(data, (u32)size, &hdr);
	must(hdr.end <= size);
	must(!hdr.l4 || (hdr.l3 && hdr.l3_off >= 14 && hdr.l4_off > hdr.l3_off));
	must(!hdr.l4 || hdr.end > hdr.l4_off);
	type = nb_hash_packet(&h, &hdr, data, &value);
	must(type <= 4);
}

static void fuzz_ctrl(const uint8_t *data, size_t size)
{
	static struct nb_hash h, copy;
	u8 page[NB_CTRL_BYTES_MAX];
	struct nb_ctrl_req req;
	struct nb_ctrl_rsp rsp;
	u32 bytes, i;

	memset(&h, 0, sizeof(h));
	while (size >= sizeof(req)) {
		memcpy(&req, data, sizeof(req));
		data += sizeof(req);
		size -= sizeof(req);
		req.type %= 9;
		memset(page, 0, sizeof(page));
		memcpy(page, data, size < sizeof(page) ? size : sizeof(page));
		rsp = (struct nb_ctrl_rsp){ .id = req.id };
		rsp.status = nb_ctrl_check(&h, &req, &bytes);
		if (rsp.status)
			continue;
		must(bytes <= NB_CTRL_BYTES_MAX);
		copy = h;
		nb_ctrl_apply(&copy, &req, page, 4, &rsp);
		if (!rsp.status)
			h = copy;
		must(h.map_size <= NB_HASH_MAP_MAX);
		for (i = 0; i < h.map_size; i++)
			must(h.map[i] < 4);
		must(nb_hash_queue(&h, req.data[2], 4) < 4);
	}
}

static void fuzz_rate(const uint8_t *data, size_t size)
{
	char text[64] = "";
	struct nb_credit c;
	u64 bytes, usec;

	memcpy(text, data, size < sizeof(text) - 1 ? size : sizeof(text) - 1);
	if (nb_credit_parse(text, &bytes, &usec))
		return;
	nb_credit_set(&c, bytes, usec, usec / 3);
	must(nb_credit_take(&c, 65535, usec / 2) <= NB_CREDIT_USEC_MAX);
	must(nb_credit_take(&c, 65535, ~0ULL) <= NB_CREDIT_USEC_MAX);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (!size)
		return 0;
	switch (data[0] & 3) {
	case 0:
		fuzz_ring(data + 1, size - 1);
		break;
	case 1:
		fuzz_frame(data + 1, size - 1);
		break;
	case 2:
		fuzz_ctrl(data + 1, size - 1);
		break;
	default:
		fuzz_rate(data + 1, size - 1);
		break;
	}
	return 0;
}
