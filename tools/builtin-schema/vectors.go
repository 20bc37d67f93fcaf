package main

import (
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

func writeVectors(folder string, scheme *runtime.Scheme, roots []schema.GroupVersionKind) error {
	return nil
}
