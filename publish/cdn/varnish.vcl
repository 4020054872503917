# Varnish in front of a destination: /etc/varnish/default.vcl.
# To change: the backend, and the addresses in `purgers`, which are those that Holdfast calls from.
#
# Holdfast is told of it by   purge: [{ use: 'http', url: 'http://127.0.0.1:6081', method: 'BAN' }]
# A BAN takes every query of a page with it (/a/?utm_source=x); a PURGE only the page without one, but costs less.

vcl 4.1;

import std;

backend default {
	.host = "127.0.0.1";
	.port = "8080";
}

acl purgers {
	"127.0.0.1";
	"::1";
}

sub vcl_recv {
	if (req.method == "PURGE" || req.method == "BAN") {
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

	# Published pages are the same for everybody.
	if (req.method == "GET" || req.method == "HEAD") {
		unset req.http.Cookie;
	}
}

sub vcl_backend_response {
	set beresp.http.X-Cached-Host = bereq.http.Host;
	set beresp.http.X-Cached-Url = bereq.url;
}

sub vcl_deliver {
	unset resp.http.X-Cached-Host;
	unset resp.http.X-Cached-Url;
}
