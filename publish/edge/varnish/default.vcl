# Varnish (7.1 or later) in front of <<host>>: /etc/varnish/default.vcl, with the folder holdfast/ beside it.
# To change: `purgers`, the addresses that Holdfast calls from. The rest was filled in by `holdfast edge varnish`; fill it in again when the configuration or a holding page changed.
#
# Varnish serves no files: it stands before a web server that serves the mirror (`edge.files`), which `holdfast edge nginx` configures. It speaks no TLS: hitch or
# HAProxy stand before it (-a :6086,PROXY tells it whom they speak for). HTTP/2 is switched on by -p feature=+http2.
#
# The caps and the limits by address count with vsthrottle, of the package varnish-modules. There is no queue: a request beyond a cap gets the holding page at once.
# Versions that have the feature vcl_req_reset need it off (-p feature=-vcl_req_reset): it forgets a request whose visitor left, and with it the place that it held;
# 7.1 has none. Whoever stands before it must tell it whom they speak for (PROXY), else all visitors share the limits of one address.
#
# Its log: varnishncsa -a -D -j -f /etc/varnish/holdfast/log.format -w /var/log/varnish/holdfast.log, which `holdfast report` reads.
#
# Holdfast tells it what changed by   purge: [{ use: 'http', url: 'http://127.0.0.1:6081', method: 'BAN' }]
# Queries change nothing of what is published: a PURGE or BAN of a page is of all its queries.

vcl 4.1;

import std;
import vsthrottle;

acl purgers {
	"127.0.0.1";
	"::1";
}

# The web server that serves the mirror.
backend files {
	.host = "<<fileshost>>";
	.port = "<<filesport>>";
	.connect_timeout = 1s;
	.first_byte_timeout = 10s;
	.between_bytes_timeout = 10s;
	.probe = {
		.request = "GET /robots.txt HTTP/1.1" "Host: <<host>>" "Connection: close";
		.interval = 1s;
		.timeout = 1s;
		.window = 3;
		.threshold = 2;
		.initial = 2;
	}
}

# The origin, once for each cap, and the way to it.
#
# A cap is a bucket with as many tokens. A request takes one before it goes to the origin, and gives it back when the answer is all here, or failed. Taking one is a single step,
# so that no more than the cap go however many come in one instant; max_connections, which is looked at before connecting and counted after, would let some more through.
# Whose turn it is to give back is known by `req.backend_hint`: it is an origin only for a request that has taken a token, and nothing that a visitor sends can make it one.
#
# Of itself a bucket gets back one token in <<refill>> s without a request that took one: more than twice as long as an origin may be silent, so none comes back while those who hold
# the others wait for a first word. No way is known on which a token is lost; were there one, a cap that was all lost would begin to heal after that time. And where answers drip in for
# longer than that, max_connections stands behind: it knows of the connections that there are.
<<origins>>

# Once for each token that was taken: whatever became of the request, it comes by here, in vcl_deliver or vcl_synth.
sub holdfast_give {
	<<given>>
	set req.backend_hint = files;
}

# There is a hold: where its page is newer than this file, visitors get <<busy>>.
backend hold {
	.host = "<<fileshost>>";
	.port = "<<filesport>>";
	.probe = {
		.request = "GET /_holdfast/hold/on HTTP/1.1" "Host: <<host>>" "Connection: close";
		.interval = 1s;
		.timeout = 1s;
		.window = 1;
		.threshold = 1;
		.initial = 0;
	}
}

<<holds>>

sub vcl_recv {
	if (req.restarts == 0) {
		call holdfast_take;
	}
	if (req.http.Host !~ "(?i)^<<hostsource>>(?::\d+)?$") {
		return (synth(421, "Another site"));
	}
	set req.http.Host = "<<host>>";

	if (req.method == "PURGE" || req.method == "BAN") {
		call holdfast_purge;
	}
	if (req.restarts == 0 && vsthrottle.is_denied("<<host>> " + client.ip, <<rate>>, <<period>>)) {
		return (synth(429, "Too many requests"));
	}
	call holdfast_again;

	# Paths that no file and no page has, however they are written.
	if (req.http.X-Holdfast-Path ~ "<<hostile>>" || (req.http.X-Holdfast-Path ~ "<<hidden>>" && !req.http.X-Holdfast-Always)) {
		set req.url = "/404.html";
		call holdfast_file;
	}
	if (req.http.X-Holdfast-Path ~ "^/_holdfast/") {
		call holdfast_reads;
		# Whoever asks for a flag wants to know how it is now.
		if (req.http.X-Holdfast-Path ~ "^/_holdfast/hold/") {
			set req.backend_hint = files;
			set req.http.X-Holdfast-File = "yes";
			return (pass);
		}
		call holdfast_file;
	}
	if (req.method == "POST" && req.http.X-Holdfast-Path ~ "<<comments>>") {
		# A form is passed on once all of it is here: who sends it ever so slowly holds none of the connections that comments have.
		if (!std.cache_req_body(1MB)) {
			return (synth(413, "Too large"));
		}
		set req.http.X-Holdfast-Kind = "inbox";
		<<inbox>>
		set req.http.X-Holdfast-Otherwise = "<<lost>>";
		call holdfast_to_comments;
	}
	set req.http.X-Holdfast-Otherwise = "<<busy>>";
	<<dynamic>>
	if (!req.http.X-Holdfast-Always && !req.http.X-Holdfast-Asset) {
		if (req.http.X-Holdfast-Personal) {
			set req.http.X-Holdfast-Kind = "dynamic";
			call holdfast_to_visitors;
		}
		call holdfast_reads;
		<<held>>
		if (std.healthy(hold)) {
			set req.http.X-Holdfast-Page = "<<busy>>";
			call holdfast_page;
		}
	}
	call holdfast_reads;
	call holdfast_file;
}

sub holdfast_purge {
	if (client.ip !~ purgers) {
		return (synth(405, "Not allowed"));
	}
	if (req.method == "PURGE") {
		return (purge);
	}
	if (!req.http.X-Ban-Url) {
		return (synth(400, "No X-Ban-Url"));
	}
	# Only what objects say of themselves is compared, so that the lurker can work through bans in the background.
	if (std.ban("obj.http.X-Cached-Host == " + req.http.Host + " && obj.http.X-Cached-Url ~ " + req.http.X-Ban-Url)) {
		return (synth(200, "Banned"));
	}
	return (synth(400, std.ban_error()));
}

# A request as it came in: what is ours to say is taken off it, and nobody is believed about who they are.
sub holdfast_take {
	unset req.http.X-Holdfast-Kind;
	unset req.http.X-Holdfast-Otherwise;
	unset req.http.X-Holdfast-Page;
	unset req.http.X-Holdfast-File;
	unset req.http.X-Holdfast-Elsewhere;
	unset req.http.X-Holdfast-Always;
	unset req.http.X-Holdfast-Asset;
	unset req.http.X-Holdfast-Personal;
	unset req.http.X-Holdfast-Inbox;
	unset req.http.Forwarded;
	unset req.http.X-Forwarded-Port;
	unset req.http.Proxy;
	set req.http.X-Real-IP = client.ip;
	set req.http.X-Forwarded-For = client.ip;
	set req.http.X-Forwarded-Host = "<<host>>";
	set req.http.X-Forwarded-Proto = "<<scheme>>";
	std.collect(req.http.Cookie, "; ");
	set req.http.X-Holdfast-Asked = req.method + " " + req.url;
	set req.http.X-Holdfast-Path = regsub(req.url, "\?.*$", "");
	if (req.http.X-Holdfast-Path ~ "<<always>>") {
		set req.http.X-Holdfast-Always = "yes";
	}
	if (req.http.X-Holdfast-Path ~ "(?i)<<assets>>") {
		set req.http.X-Holdfast-Asset = "yes";
	}
	if (req.http.Authorization<<logins>>) {
		set req.http.X-Holdfast-Personal = "yes";
	}
}

# A request that begins anew, since what it was to get failed or was not there.
sub holdfast_again {
	if (req.http.X-Holdfast-Page) {
		call holdfast_page;
	}
	if (req.http.X-Holdfast-Elsewhere) {
		unset req.http.X-Holdfast-File;
		set req.http.X-Holdfast-Kind = "dynamic";
		call holdfast_to_visitors;
	}
}

# The cap is full.
sub holdfast_full {
	set req.http.X-Holdfast-Page = req.http.X-Holdfast-Otherwise;
	call holdfast_page;
}

sub holdfast_reads {
	if (req.method != "GET" && req.method != "HEAD") {
		return (synth(405, "Only looking is possible here"));
	}
}

# A holding page, in place of whatever was asked for.
sub holdfast_page {
	if (req.method != "HEAD") {
		set req.method = "GET";
	}
	set req.url = "/_holdfast/holding/" + req.http.X-Holdfast-Page + ".html";
	unset req.http.If-None-Match;
	unset req.http.If-Modified-Since;
	unset req.http.Range;
	unset req.http.X-Holdfast-Otherwise;
	call holdfast_file;
}

# Published files are the same for everybody. While the file server is well, what ran out is shown for a minute more, by one request that asks anew.
sub holdfast_file {
	unset req.http.Cookie;
	unset req.http.Authorization;
	# No body goes with it, such as that of a form which was not taken: whoever is next on that connection would pay for it.
	unset req.http.Content-Length;
	unset req.http.Transfer-Encoding;
	unset req.http.Expect;
	set req.backend_hint = files;
	set req.http.X-Holdfast-File = "yes";
	if (std.healthy(files)) {
		set req.grace = 60s;
	}
	return (hash);
}

sub vcl_hash {
	hash_data(regsub(req.url, "\?.*$", ""));
	hash_data(req.http.Host);
	return (lookup);
}

sub vcl_backend_fetch {
	unset bereq.http.X-Holdfast-Asked;
	unset bereq.http.X-Holdfast-Path;
	unset bereq.http.X-Holdfast-Kind;
	unset bereq.http.X-Holdfast-Otherwise;
	unset bereq.http.X-Holdfast-Elsewhere;
	unset bereq.http.X-Holdfast-Always;
	unset bereq.http.X-Holdfast-Asset;
	unset bereq.http.X-Holdfast-Personal;
	unset bereq.http.X-Holdfast-Inbox;
	if (bereq.uncacheable && !bereq.http.X-Holdfast-File) {
		# The backend's own.
		unset bereq.http.Host;
		# An idle connection holds a worker of many an origin: each is closed after its answer, so the cap is of all there are.
		set bereq.http.Connection = "close";
	}
}

sub vcl_backend_response {
	if (!bereq.http.X-Holdfast-File) {
		# An answer that never ends would hold its place for good, and nobody would see any of it.
		if (beresp.http.Content-Type ~ "(?i)^text/event-stream") {
			return (error(503, "It has no end"));
		}
		# All of it is here before the visitor gets any, and before the next request takes its place.
		set beresp.do_stream = false;
		return (deliver);
	}
	if (beresp.status >= 500 || (bereq.http.X-Holdfast-Page && beresp.status != 200 && beresp.status != 304)) {
		# What is there, though old, goes before an error.
		if (bereq.is_bgfetch) {
			return (abandon);
		}
		return (error(503, "The file server fails"));
	}
	unset beresp.http.Set-Cookie;
	set beresp.http.X-Cached-Host = bereq.http.Host;
	set beresp.http.X-Cached-Url = regsub(bereq.url, "\?.*$", "");
	if (beresp.status == 404) {
		set beresp.ttl = 10s;
		set beresp.grace = 10s;
		return (deliver);
	}
	if (bereq.url ~ "^/_holdfast/(?:pixel\.gif|holding/)") {
		# Browsers keep neither; the pixel is counted here.
		set beresp.ttl = 60s;
		set beresp.grace = 24h;
		return (deliver);
	}
	if (bereq.url ~ "^/_holdfast/") {
		set beresp.ttl = 1s;
		set beresp.grace = 10s;
		return (deliver);
	}
	if (beresp.http.Cache-Control ~ "must-revalidate") {
		# It changes at a set second, which is near. Nothing that is kept for no time at all is asked for once for many.
		set beresp.ttl = 1s;
		set beresp.grace = 0s;
		return (deliver);
	}
	# For as long as a file server may be away.
	set beresp.grace = 24h;
}

sub vcl_backend_error {
	set beresp.http.X-Holdfast-Failed = "yes";
	if (!bereq.http.X-Holdfast-File) {
		return (deliver);
	}
	# Whoever waits for the same is told too: without a life of its own each would try anew, one after the other.
	set beresp.ttl = 1s;
	set beresp.grace = 0s;
	set beresp.http.Content-Type = "text/html; charset=utf-8";
	<<files>>
	return (deliver);
}

sub vcl_deliver {
	call holdfast_give;
	unset resp.http.X-Cached-Host;
	unset resp.http.X-Cached-Url;
	unset resp.http.Via;
	unset resp.http.X-Varnish;
	# What the inbox says itself has the visitor's words in it, also where it has to say 503.
	if (req.http.X-Holdfast-Page) {
		unset resp.http.X-Holdfast-Failed;
		call holdfast_shown;
		return (deliver);
	}
	if (req.http.X-Holdfast-Otherwise && (resp.http.X-Holdfast-Failed || resp.status == 502 || resp.status == 504 || (resp.status == 503 && !req.http.X-Holdfast-Inbox))) {
		set req.http.X-Holdfast-Page = req.http.X-Holdfast-Otherwise;
		return (restart);
	}
	if (req.http.X-Holdfast-File) {
		<<elsewhere>>
		if (req.http.X-Holdfast-Asset || req.http.X-Holdfast-Path ~ "^/_holdfast/") {
			set req.http.X-Holdfast-Kind = "";
		} elsif (resp.status == 404) {
			set req.http.X-Holdfast-Kind = "404";
		} elsif (resp.status > 300 && resp.status < 400 && resp.status != 304) {
			set req.http.X-Holdfast-Kind = "redirect";
		} else {
			set req.http.X-Holdfast-Kind = "static";
		}
	}
	# What the origin sends to its own address goes to the public one.
	if (!req.http.X-Holdfast-File && resp.http.Location) {
		set resp.http.Location = regsub(resp.http.Location, "^<<originsource>>(/|$)", "<<site>>\1");
	}
	# What the origin says of caching, where it says anything; never for one who is logged in.
	if (!req.http.X-Holdfast-File && (req.http.X-Holdfast-Personal || !resp.http.Cache-Control)) {
		set resp.http.Cache-Control = "no-store";
	}
	call holdfast_log;
	return (deliver);
}

# Holding pages are served with their own status.
sub holdfast_shown {
	set req.http.X-Holdfast-Kind = "holding:" + req.http.X-Holdfast-Page;
	set resp.http.Cache-Control = "no-store";
	set resp.http.X-Robots-Tag = "noindex";
	unset resp.http.Age;
	unset resp.http.ETag;
	unset resp.http.Last-Modified;
	unset resp.http.Retry-After;
	<<shown>>
	call holdfast_log;
}

sub holdfast_log {
	std.log("method:" + regsub(req.http.X-Holdfast-Asked, " .*$", ""));
	std.log("uri:" + regsub(req.http.X-Holdfast-Asked, "^[^ ]* ", ""));
	std.log("kind:" + req.http.X-Holdfast-Kind);
}

sub vcl_synth {
	call holdfast_give;
	# What broke off on its way here.
	if (resp.status == 503 && req.http.X-Holdfast-Otherwise && !req.http.X-Holdfast-Page) {
		set req.http.X-Holdfast-Page = req.http.X-Holdfast-Otherwise;
		if (req.http.X-Holdfast-Page) {
			return (restart);
		}
	}
	set req.http.X-Holdfast-Kind = "refused";
	call holdfast_log;
	set resp.http.Content-Type = "text/plain";
	if (resp.status == 405) {
		set resp.http.Allow = "GET, HEAD";
	}
	if (resp.status == 429) {
		set resp.http.Retry-After = "<<pause>>";
	}
	synthetic(resp.reason);
	return (deliver);
}
