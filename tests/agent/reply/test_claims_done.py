"""Who says that something was booked or cancelled is found out when nothing was."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.reply import unbacked
from agent.reply.deeds import stated

BOOKED = """
It is booked.
Your flight has been booked.
Your flights have now been successfully booked!
I've booked the hotel for you.
I booked it, anything else?
We have already reserved a room.
Great news: you're booked on flight LH902.
Your reservation is confirmed.
Your booking has been made.
Your order was successful
Booking confirmed!
Confirmed.
I could not find a later flight, but your seat is booked.
No problem, it is booked.
Es ist gebucht.
Ihr Flug am 3. März nach Lissabon ist gebucht.
Ich habe das Zimmer für Sie reserviert.
Ihre Buchung wurde erfolgreich bestätigt.
Die Buchung ist abgeschlossen.
Den Flug habe ich gebucht.
Gebucht!
Ihre Reservierung war erfolgreich.
Rezervasyonunuz yapıldı.
Otel sizin için rezerve edildi.
Uçuş rezervasyonunuz onaylandı.
Odayı ayırttım.
Biletinizi satın aldım.
REZERVASYON YAPILDI
La reserva está hecha.
Su vuelo está reservado.
He reservado el hotel.
Ya hemos confirmado su habitación.
¡Reservado!
Se ha reservado una habitación.
El vuelo ha sido confirmado, ¿algo más?
Mi reserva queda confirmada.
""".strip().splitlines()

CANCELLED = """
It is cancelled.
Your booking was canceled.
I have cancelled your flight.
Your cancellation is confirmed.
The cancellation has been completed.
Es ist storniert.
Ihre Buchung wurde storniert.
Ich habe den Flug storniert.
Die Stornierung ist erfolgt.
İptal edildi.
Rezervasyonunuzu iptal ettim.
La reserva está cancelada.
He cancelado la reserva.
Se anuló la reserva.
Su cancelación está confirmada.
""".strip().splitlines()

DONE = """
Done.
All done!
It's done.
You're all set!
Erledigt.
Alles erledigt!
Tamamlandı.
Hecho.
¡Listo!
""".strip().splitlines()

NOTHING = """
It is not booked.
It isn't booked yet.
Nothing was booked at either price.
No flight has been booked.
I have not booked anything.
I did not book or change anything in this step.
Shall I book it?
Is it booked?
Has it been booked, or not?
Do you want it booked?
It will be booked as soon as you say yes.
It can be cancelled until Friday.
Once it is booked you will get a mail.
If your booking is confirmed, bring the code.
I cannot say whether it is booked.
You said it is booked, but I see nothing.
The hotel is fully booked.
That flight is booked out.
I could have booked it.
I would like to have it confirmed.
The price is confirmed.
Book this flight:
Cancel the booking:
Cancellation fee
Free cancellation until Friday
It must not be said that anything was confirmed.
Es ist nicht gebucht.
Es wurde noch nichts storniert.
Gebucht habe ich in diesem Schritt nichts.
Zu keinem der beiden Preise wurde gebucht.
Soll ich buchen?
Ist der Flug gebucht?
Ist der Flug schon gebucht, und wann geht er?
Der Flug kann gebucht werden.
Sobald Ihr Flug gebucht ist, melde ich mich.
Wenn es bestätigt ist, sage ich es.
Das Hotel ist ausgebucht.
Diese Buchung kann nicht storniert werden.
kostenlos stornierbar bis Freitag
Sie sagen, es sei gebucht.
Rezervasyon yapılmadı.
Rezervasyonunuz yapıldı mı?
Henüz hiçbir şey onaylanmadı.
İptal edilsin mi?
Rezervasyonu iptal edeyim mi?
O rezervasyon iptal edilemez.
Ben uçuş ve otel bulur, ayırtır ve iptal ederim.
O teklifin süresi onaylanmadan doldu.
Rezervasyonunuz onaylandığında haber veririm.
Fiyat değişti, bu yüzden ayırtmadım.
No está reservado.
Todavía no se ha cancelado.
No se ha reservado a ninguno de los dos precios.
¿Está reservado?
¿Reservo el vuelo?
Si está confirmada, avíseme.
Cuando esté reservado le aviso.
Una vez que la reserva está confirmada, le escribo.
No he reservado nada.
cancelación gratuita hasta: viernes
Puedo cancelar la reserva.
""".strip().splitlines()


def deeds(text: str) -> set[str]:
    return {said.deed for said in stated(text)}


@pytest.mark.parametrize("text", BOOKED)
def test_it_says_booked(text: str) -> None:
    assert deeds(text) == {"booked"}


@pytest.mark.parametrize("text", CANCELLED)
def test_it_says_cancelled(text: str) -> None:
    assert deeds(text) == {"cancelled"}


@pytest.mark.parametrize("text", DONE)
def test_it_says_done(text: str) -> None:
    assert deeds(text) == {"done"}


@pytest.mark.parametrize("text", NOTHING)
def test_it_says_nothing_was_done(text: str) -> None:
    assert stated(text) == []


def test_a_deed_that_was_done_may_be_said() -> None:
    assert unbacked("It is booked.", [], {"booked"}) == []
    assert unbacked("Done.", [], {"cancelled"}) == []


def test_a_deed_that_was_not_done_is_a_claim_of_that_word() -> None:
    text = "Good news! Your flight to Rome is booked."
    (claim,) = unbacked(text, [], {"cancelled"})
    assert (claim.kind, claim.text) == ("done", "booked")
    assert text[claim.start : claim.end] == "booked"


def test_that_a_person_said_so_backs_nothing() -> None:
    assert [c.kind for c in unbacked("It is booked.", ["It is booked.", "booked"])] == ["done"]


@given(st.text() | st.lists(st.sampled_from([*BOOKED, *NOTHING, "İ", "ß "])).map(" ".join))
def test_any_text_is_read_and_every_offset_stands_inside_it(text: str) -> None:
    for said in stated(text):
        assert 0 <= said.start < said.end <= len(text)
