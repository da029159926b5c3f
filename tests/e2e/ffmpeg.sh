# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
#
# ffmpeg as a phone, for what has sourced lib.sh: it speaks a file into a pipe and
# writes down what it hears. $voices, $out, $suite and $family are the caller's.
#
# shellcheck disable=SC2154 # they are

ff() { start "$1" ffmpeg -nostdin -v error -y "${@:2}"; }

# 20 ms of audio in each packet, as phones do. Says what comes through the pipe.
ff_say() { # NAMESPACE PIPE URL OPTION…
	rm -f "$2"
	mkfifo "$2"
	ff "$1" -re -f wav -max_size 1024 -i "$2" -af asetnsamples=n=160:p=0 -c:a pcm_mulaw \
		-f rtp -rtpflags skip_rtcp "${@:4}" "$3" >"$work/say.$1" 2>&1
}

ff_hear() { # NAMESPACE SDP WAV
	ff "$1" -protocol_whitelist file,rtp,udp,srtp,crypto -listen_timeout 60 \
		-analyzeduration 0 -i "$2" -c:a pcm_s16le "$3" >"$work/hear.$1" 2>&1
}

sdp() { # HOST PORT PROFILE [KEY FILE]
	printf 'v=0\no=- 0 0 IN IP%s %s\ns=xsrtp\nc=IN IP%s %s\nt=0 0\nm=audio %s %s 0\n' \
		"$family" "$1" "$family" "$1" "$2" "$3"
	if [ $# = 4 ]; then echo "a=crypto:1 $suite $(cat "$4")"; fi
}

# Loading takes long under emulation: both speak when both have opened their pipes.
speak() { # PID PID
	exec 7<>"$work/plain.pipe" 8<>"$work/srtp.pipe"
	ready "the plain phone's ffmpeg" reads "$1" "$work/plain.pipe"
	ready "the SRTP phone's ffmpeg" reads "$2" "$work/srtp.pipe"
	cat "$voices/plain.wav" >&7 &
	cat "$voices/srtp.wav" >&8 &
	exec 7>&- 8>&-
}

reads() { # PID PIPE
	local fd
	for fd in "/proc/$1/fd/"*; do
		if [ "$fd" -ef "$2" ]; then return 0; fi
	done
	return 1
}

heard() { # SPEAKER LISTENER
	local j
	j=$(audio-compare --sent "$voices/$1.wav" --received "$out/heard-by-$2.wav" 2>/dev/null) || true
	echo "$(get "$j" equal) of $(get "$j" sent) samples, each equal"
}
