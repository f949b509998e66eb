//! QR codes (ISO/IEC 18004) in a terminal.

use qrcode::{QrCode, render::unicode::Dense1x2, types::QrError};

/// A QR code of `link`, and the end of its last line.
///
/// # Errors
/// If the link is too long.
pub fn qr_code(link: &str) -> Result<String, QrError> {
    let code = QrCode::new(link)?;
    // Cameras expect dark on light, and most terminals are light on dark.
    let mut picture = code.render::<Dense1x2>();
    picture
        .dark_color(Dense1x2::Light)
        .light_color(Dense1x2::Dark);
    Ok(picture.build() + "\n")
}
