// Package captures says what of Penlog goes into a capture: the orders that Hot
// was given, and, of what a pen sends, its sound frames without its serial number.
// The file itself is the business of device/capture; its CAPTURE.md is the law.
//
// It reads no clock and does no I/O. Nothing here is safe for concurrent use.
package captures
