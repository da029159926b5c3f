# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
#
# A SIP proxy on the host and two phones that call each other through it, over lib.sh:
# Kamailio, and baresip twice. Alice is the phone that speaks RTP, Bob speaks SRTP and
# takes nothing else. Each says a tone of its own for as long as it is let, and writes
# down what it hears.
#
# Source it after lib.sh; $sip is the folder of tests/e2e/sip-programs.

# shellcheck disable=SC2034,SC2154 # from lib.sh, and for who sources this
alice_hz=440 bob_hz=1000

# phone_up NAME NAMESPACE ADDRESS PROXY HZ [ACCOUNT-PARAMETER…] - a registered phone. USER_OF:
# of another name; CONTROL: another port than 4444; RTCP_MUX=yes.
phone_up() {
	local name=$1 ns=$2 address=$3 proxy=$4 hz=$5 d=$work/$1
	shift 5
	mkdir -p "$d"
	[ -e "$work/$hz.wav" ] || "$top/tests/e2e/tone.py" make "$hz" 300 "$work/$hz.wav"
	cat >"$d/config" <<-END
	poll_method epoll
	sip_listen $address:5060
	call_local_timeout 120
	call_max_calls 4
	audio_path $d
	audio_player aubridge,ear
	audio_source aufile,$work/$hz.wav
	audio_alert aubridge,ring
	ausrc_srate 8000
	auplay_srate 8000
	ausrc_channels 1
	auplay_channels 1
	audio_buffer 20-160
	rtp_ports 10000-10200
	rtcp_mux ${RTCP_MUX:-no}
	module_path $sip/baresip-modules
	module g711.so
	module aufile.so
	module aubridge.so
	module sndfile.so
	snd_path $d
	module srtp.so
	module dtls_srtp.so
	module_tmp account.so
	module_app menu.so
	module_app ctrl_tcp.so
	ctrl_tcp_listen 127.0.0.1:${CONTROL:-4444}
	END
	echo "<sip:${USER_OF:-$name}@$proxy>;regint=600;audio_codecs=PCMU/8000/1;answermode=manual$(printf ';%s' "$@")" >"$d/accounts"
	: >"$d/contacts"
	start "$ns" "$sip/baresip" -4 -s -f "$d" >"$d/log" 2>&1
	phone_pid=$!
	ready "$name" registered "$d"
}

registered() { grep -q '200 OK.*binding' "$1/log"; }

# proxy_up [KAMAILIO-OPTION…] - PROXY_CONFIG: another configuration than kamailio.cfg.
proxy_up() {
	start "$host" "$sip/kamailio" -f "${PROXY_CONFIG:-$top/tests/e2e/kamailio.cfg}" -L "$sip/modules" -DD -E -m 32 -M 4 \
		-Y "$work" -w "$work" "$@" >"$work/proxy" 2>&1
	proxy=$!
	ready kamailio listens "$proxy" 5060
}

# Not killed: its children would stay.
proxy_down() {
	if [ -n "${proxy:-}" ]; then stop "$proxy"; fi
	proxy=''
}

phone() { # NAMESPACE COMMAND [PARAMETER…]
	in_ns "$1" "$top/tests/e2e/phone-do" "${@:2}"
}

# said PHONE HOW-OFTEN TEXT - has its log the line so often?
said() { [ "$(grep -c -- "$3" "$work/$1/log")" -ge "$2" ]; }
