# `holdfast hold on <<name>>`: counts as well while the file server has that flag, and no request goes to it.
backend hold_<<variable>> {
	.host = "<<fileshost>>";
	.port = "<<filesport>>";
	.probe = {
		.request = "GET /_holdfast/hold/<<name>> HTTP/1.1" "Host: <<host>>" "Connection: close";
		.interval = 1s;
		.timeout = 1s;
		.window = 1;
		.threshold = 1;
		.initial = 0;
	}
}
