# SPDX-License-Identifier: GPL-2.0-only
# symbols.awk: turns `nm -n` of the hypervisor into the assembler source of its symbol table: sorted u32 offsets from
# _text and the names, each ended by a zero byte. lib/symbols.c reads it.
BEGIN { n = 0 }
# Code ends here: the table itself and what lies behind it moves.
$3 == "_init_text_end" { exit }
$2 ~ /^[tTwW]$/ && $3 !~ /^(\.|__start_|__stop_|_[se]?text|_[se]inittext)/ && $3 !~ /\.(cold|part|isra|constprop)\.?[0-9.]*$/ {
	# Of several names for one address the first is taken: nm orders them by name.
	if ($1 == last)
		next
	last = $1
	addr[n] = $1
	name[n++] = $3
}
END {
	print "\t.section .ksyms, \"a\", @progbits"
	print "\t.globl ksyms_count, ksyms_offset, ksyms_names"
	print "\t.balign 8\nksyms_count:\n\t.quad " n
	print "ksyms_offset:"
	for (i = 0; i < n; i++)
		print "\t.long 0x" substr(addr[i], 9) " - 0x200000"
	print "ksyms_names:"
	for (i = 0; i < n; i++)
		print "\t.asciz \"" name[i] "\""
	print "\t.byte 0"
	print "\t.section .note.GNU-stack, \"\", @progbits"
}
