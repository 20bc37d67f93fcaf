//go:build tools

// Package tools names the etcd that kube-apiserver is tested with.
package tools

import _ "go.etcd.io/etcd/server/v3"
