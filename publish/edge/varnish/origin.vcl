backend <<name>> {
	.host = "<<host>>";
	.port = "<<port>>";
	.host_header = "<<says>>";
	.max_connections = <<cap>>;
	.connect_timeout = <<connect>>;
	.first_byte_timeout = <<deadline>>;
	.between_bytes_timeout = <<deadline>>;
}

sub holdfast_to_<<name>> {
	if (vsthrottle.is_denied(<<bucket>>)) {
		call holdfast_full;
	}
	set req.backend_hint = <<name>>;
	return (pass);
}
