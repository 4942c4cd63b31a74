-- For wrk: posts the body in the file that BODY names.
local file = assert(io.open(os.getenv("BODY"), "rb"))
wrk.method = "POST"
wrk.headers["Content-Type"] = "text/xml; charset=utf-8"
wrk.body = file:read("*a")
file:close()
