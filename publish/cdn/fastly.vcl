# Fastly, to be purged by key: a VCL snippet of the type «fetch». Nothing in it is to be changed.
#
# Holdfast is told of it by   purge: [{ use: 'fastly', service: 'SERVICE', token: 'env:FASTLY_TOKEN', by: 'key' }]
# All spellings and queries of a page have one key, its path with a slash at the end; and all objects have another one.

set beresp.http.Surrogate-Key = regsub(regsub(req.url.path, "/index\.(html|xml|json|txt)$", "/"), "([^/])$", "\1/") " holdfast";
