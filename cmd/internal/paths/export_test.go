package paths

var DefaultDirOf = defaultDir
