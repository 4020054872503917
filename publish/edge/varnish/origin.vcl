backend <<name>> {
	.host = "<<host>>";
	.port = "<<port>>";
	.host_header = "<<says>>";
	# Looked at before it connects and counted after: where hundreds come in one instant a few more may go.
	.max_connections = <<cap>>;
	.connect_timeout = <<connect>>;
	.first_byte_timeout = <<deadline>>;
	.between_bytes_timeout = <<deadline>>;
}
