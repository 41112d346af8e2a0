"""What an application shows to the network around it: to other origins, to readers of its documentation."""
