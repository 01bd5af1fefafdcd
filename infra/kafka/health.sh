#!/bin/bash
# Whether the broker answers: sends it ApiVersions and looks at what comes back.
# A shell does it because Kafka's own tools would start a Java machine every few seconds.
set -euo pipefail

exec 3<>/dev/tcp/127.0.0.1/9092
# 10 bytes follow: key 18, version 0, correlation 1, no client id.
printf '\0\0\0\x0a\0\x12\0\0\0\0\0\x01\xff\xff' >&3
# Of the answer: 4 bytes of length, 4 of correlation, 2 of error code.
answer="$(timeout 3 head -c 10 <&3 | od -An -tx1 | tr -d ' \n')"
[[ ${answer:8} == 000000010000 ]]
