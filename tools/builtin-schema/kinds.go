package main

import (
	authenticationv1 "k8s.io/api/authentication/v1"
	authorizationv1 "k8s.io/api/authorization/v1"
	autoscalingv1 "k8s.io/api/autoscaling/v1"
	coordinationv1 "k8s.io/api/coordination/v1"
	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	eventsv1 "k8s.io/api/events/v1"
	policyv1 "k8s.io/api/policy/v1"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
)

// One import and one line here for a new group version ...
var schemes = []func(*runtime.Scheme) error{
	corev1.AddToScheme,
	apiextensionsv1.AddToScheme,
	authenticationv1.AddToScheme,
	authorizationv1.AddToScheme,
	autoscalingv1.AddToScheme,
	coordinationv1.AddToScheme,
	discoveryv1.AddToScheme,
	eventsv1.AddToScheme,
	policyv1.AddToScheme,
	metav1.AddMetaToScheme,
}

// ... and one line here for a new kind. Its List comes along where there is one, and every type that it reaches.
var kinds = []string{
	"v1 Namespace",
	"v1 Node",
	"v1 Pod",
	"v1 Service",
	"v1 Endpoints",
	"v1 ConfigMap",
	"v1 Secret",
	"v1 ServiceAccount",
	"v1 Event",
	"v1 Binding",
	"v1 Status",
	"v1 DeleteOptions",
	"apiextensions.k8s.io/v1 CustomResourceDefinition",
	"authentication.k8s.io/v1 TokenReview",
	"authentication.k8s.io/v1 TokenRequest",
	"authentication.k8s.io/v1 SelfSubjectReview",
	"authorization.k8s.io/v1 SubjectAccessReview",
	"authorization.k8s.io/v1 LocalSubjectAccessReview",
	"authorization.k8s.io/v1 SelfSubjectAccessReview",
	"authorization.k8s.io/v1 SelfSubjectRulesReview",
	"autoscaling/v1 Scale",
	"coordination.k8s.io/v1 Lease",
	"discovery.k8s.io/v1 EndpointSlice",
	"events.k8s.io/v1 Event",
	"policy/v1 Eviction",
	"meta.k8s.io/v1 Table",
	"meta.k8s.io/v1 PartialObjectMetadata",
	"v1 APIVersions",
	"v1 APIGroup",
	"v1 APIResourceList",
}
