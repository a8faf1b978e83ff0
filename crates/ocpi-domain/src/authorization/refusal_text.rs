//! What a refused driver reads, in the language of the Token.

use super::decide::Refusal;
use crate::display_text::{DisplayText, LanguageCode};
use crate::text::OcpiString;

impl Refusal {
    /// A text for the driver: in `language` when it is one of en, de, fr, nl, es, it; else in
    /// English.
    pub fn text(self, language: Option<LanguageCode>) -> Option<DisplayText> {
        let asked = language.map(|code| code.as_str().to_ascii_lowercase());
        let texts = self.texts();
        let (code, text) = texts
            .iter()
            .find(|(code, _)| asked.as_deref() == Some(code))
            .unwrap_or(&texts[0]);
        Some(DisplayText {
            language: LanguageCode::new(code).ok()?,
            text: OcpiString::new(text).ok()?,
        })
    }

    /// The text in every language of the catalogue, English first.
    #[expect(clippy::too_many_lines, reason = "a table")]
    fn texts(self) -> [(&'static str, &'static str); 6] {
        match self {
            Refusal::Blocked => [
                ("en", "This card is blocked. Please contact your provider."),
                (
                    "de",
                    "Diese Karte ist gesperrt. Bitte wenden Sie sich an Ihren Anbieter.",
                ),
                (
                    "fr",
                    "Cette carte est bloquée. Veuillez contacter votre fournisseur.",
                ),
                (
                    "nl",
                    "Deze kaart is geblokkeerd. Neem contact op met uw aanbieder.",
                ),
                (
                    "es",
                    "Esta tarjeta está bloqueada. Póngase en contacto con su proveedor.",
                ),
                ("it", "Questa carta è bloccata. Contatti il suo fornitore."),
            ],
            Refusal::Expired => [
                ("en", "This card has expired. Please contact your provider."),
                (
                    "de",
                    "Diese Karte ist abgelaufen. Bitte wenden Sie sich an Ihren Anbieter.",
                ),
                (
                    "fr",
                    "Cette carte a expiré. Veuillez contacter votre fournisseur.",
                ),
                (
                    "nl",
                    "Deze kaart is verlopen. Neem contact op met uw aanbieder.",
                ),
                (
                    "es",
                    "Esta tarjeta ha caducado. Póngase en contacto con su proveedor.",
                ),
                ("it", "Questa carta è scaduta. Contatti il suo fornitore."),
            ],
            Refusal::NotValid => [
                (
                    "en",
                    "This card is not valid. Please contact your provider.",
                ),
                (
                    "de",
                    "Diese Karte ist nicht gültig. Bitte wenden Sie sich an Ihren Anbieter.",
                ),
                (
                    "fr",
                    "Cette carte n'est pas valide. Veuillez contacter votre fournisseur.",
                ),
                (
                    "nl",
                    "Deze kaart is niet geldig. Neem contact op met uw aanbieder.",
                ),
                (
                    "es",
                    "Esta tarjeta no es válida. Póngase en contacto con su proveedor.",
                ),
                (
                    "it",
                    "Questa carta non è valida. Contatti il suo fornitore.",
                ),
            ],
            Refusal::NoCredit => [
                ("en", "Your credit is used up. Please top it up to charge."),
                (
                    "de",
                    "Ihr Guthaben ist aufgebraucht. Bitte laden Sie es auf.",
                ),
                ("fr", "Votre crédit est épuisé. Veuillez le recharger."),
                ("nl", "Uw tegoed is op. Waardeer het op om te laden."),
                ("es", "Su saldo está agotado. Recárguelo para poder cargar."),
                (
                    "it",
                    "Il suo credito è esaurito. Lo ricarichi per poter caricare.",
                ),
            ],
            Refusal::ConcurrentSessions => [
                ("en", "This card is already charging elsewhere."),
                ("de", "Mit dieser Karte wird bereits anderswo geladen."),
                (
                    "fr",
                    "Une recharge est déjà en cours ailleurs avec cette carte.",
                ),
                ("nl", "Met deze kaart wordt al ergens anders geladen."),
                (
                    "es",
                    "Esta tarjeta ya se está usando para cargar en otro lugar.",
                ),
                (
                    "it",
                    "Con questa carta è già in corso una ricarica altrove.",
                ),
            ],
            Refusal::Places => [
                ("en", "This card may not be used at this charging point."),
                (
                    "de",
                    "Diese Karte ist an dieser Ladestation nicht zugelassen.",
                ),
                ("fr", "Cette carte n'est pas acceptée à cette borne."),
                (
                    "nl",
                    "Deze kaart mag bij dit laadpunt niet worden gebruikt.",
                ),
                ("es", "Esta tarjeta no puede usarse en este punto de carga."),
                (
                    "it",
                    "Questa carta non è ammessa in questo punto di ricarica.",
                ),
            ],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Holds: E-27.
    #[test]
    fn every_refusal_has_a_text_in_every_language_and_falls_back_to_english() {
        for refusal in Refusal::ALL {
            for code in ["en", "de", "fr", "nl", "es", "it", "DE"] {
                let text = refusal.text(LanguageCode::new(code).ok()).unwrap();
                assert_eq!(text.language, LanguageCode::new(code).unwrap());
            }
            for language in [None, LanguageCode::new("fi").ok()] {
                assert_eq!(
                    refusal.text(language),
                    refusal.text(LanguageCode::new("en").ok())
                );
            }
        }
    }
}
