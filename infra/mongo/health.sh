#!/bin/bash
# Whether this store takes writes: asks `hello` over the wire and looks for isWritablePrimary.
# A shell does it because mongosh would spend most of a second of CPU every few seconds, in every store.
set -euo pipefail

# An OP_MSG of 52 bytes with the document {hello: 1, $db: "admin"}.
hello='\x34\0\0\0\x01\0\0\0\0\0\0\0\xdd\x07\0\0\0\0\0\0\0'
hello+='\x1f\0\0\0\x10hello\0\x01\0\0\0\x02$db\0\x06\0\0\0admin\0\0'

exec 3<>/dev/tcp/127.0.0.1/27017
# shellcheck disable=SC2059 # the message is made of escapes
printf "$hello" >&3
# A true is a byte 1 after the name's end, a byte 0: here as letters. Without a set name it is the private first start.
answer="$(timeout 3 dd bs=4096 count=1 status=none <&3 | tr '\000\001' 'FT')"
[[ $answer == *setName* && $answer == *isWritablePrimaryFT* ]]
